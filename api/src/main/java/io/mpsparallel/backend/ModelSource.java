package io.mpsparallel.backend;

import static java.util.Objects.requireNonNull;

import io.mpsparallel.error.ErrorCode;
import io.mpsparallel.error.InferenceException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Where a model is, and what was declared about it: the same value loads the same model in another
 * process. Immutable, any thread.
 */
public final class ModelSource {
  private final Path path;
  private final Signature declared;
  private final WarmUp warmUp;
  private final Padding padding;
  private volatile @Nullable String digest;

  private ModelSource(Path path, Signature declared, WarmUp warmUp, Padding padding) {
    this.path = requireNonNull(path, "path").toAbsolutePath().normalize();
    this.declared = requireNonNull(declared, "signature");
    this.warmUp = requireNonNull(warmUp, "warmUp");
    this.padding = requireNonNull(padding, "padding");
  }

  /**
   * A model file of which nothing is declared.
   *
   * @param path the file
   * @return the source; the file is looked at when it is loaded
   */
  public static ModelSource of(Path path) {
    return new ModelSource(path, Signature.UNKNOWN, WarmUp.NONE, Padding.NONE);
  }

  /**
   * What was declared, of another file that holds the same model; for engines that write it in
   * another form.
   *
   * @param other the other file
   * @return the changed source
   */
  public ModelSource at(Path other) {
    return new ModelSource(other, declared, warmUp, padding);
  }

  /**
   * The same file with declared inputs and outputs.
   *
   * @param signature what is declared; inputs may be fewer than the model has
   * @return the changed source
   */
  public ModelSource declaring(Signature signature) {
    return new ModelSource(path, signature, warmUp, padding);
  }

  /**
   * The same file with the shapes that every lane runs before the model reports ready.
   *
   * @param shapes the shapes; {@link WarmUp#NONE} leaves it to the signature
   * @return the changed source
   */
  public ModelSource warmingUp(WarmUp shapes) {
    return new ModelSource(path, declared, shapes, padding);
  }

  /**
   * The same file with rules by which inputs of different lengths may share a forward.
   *
   * @param rules the rules; checked against the model's signature when it is loaded
   * @return the changed source
   */
  public ModelSource padding(Padding rules) {
    return new ModelSource(path, declared, warmUp, rules);
  }

  /** {@return the absolute path of the file} */
  public Path path() {
    return path;
  }

  /** {@return what was declared about inputs and outputs} */
  public Signature declared() {
    return declared;
  }

  /** {@return the shapes that every lane runs before the model reports ready, as declared} */
  public WarmUp warmUp() {
    return warmUp;
  }

  /** {@return the rules by which inputs of different lengths may share a forward, as declared} */
  public Padding padding() {
    return padding;
  }

  /**
   * The SHA-256 of the file, computed at the first call: model formats have no checksum of their
   * own, and flipped bytes load without complaint.
   *
   * @return 64 hexadecimal digits
   * @throws InferenceException {@code MODEL_NOT_FOUND} if the file cannot be read
   */
  public String digest() {
    String known = digest;
    if (known == null) {
      known = sha256(path);
      digest = known;
    }
    return known;
  }

  private static String sha256(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      new DigestInputStream(in, sha).transferTo(java.io.OutputStream.nullOutputStream());
      return HexFormat.of().formatHex(sha.digest());
    } catch (IOException e) {
      throw new InferenceException(ErrorCode.MODEL_NOT_FOUND, path + ": cannot be read", e);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof ModelSource that
            && path.equals(that.path)
            && declared.equals(that.declared)
            && warmUp.equals(that.warmUp)
            && padding.equals(that.padding));
  }

  @Override
  public int hashCode() {
    return Objects.hash(path, declared, warmUp, padding);
  }

  @Override
  public String toString() {
    return path.toString();
  }
}
