package io.mpsparallel.mps;

import io.mpsparallel.backend.Backend;
import io.mpsparallel.backend.Device;
import io.mpsparallel.backend.ModelSource;
import java.nio.file.Path;
import org.junit.jupiter.api.Tag;

/** The contract of backends, on an NVIDIA GPU; on request only. */
@Tag("gpu")
class TorchCudaContractTest extends TorchCpuContractTest {
  @Override
  protected Device deviceUnderTest(Backend opened) {
    return Device.cuda(0);
  }

  /** Large products: what small operations cost is their launch, on the calling thread. */
  @Override
  protected ModelSource slowModel(int loops, Path into) {
    String source =
        """
        def forward(self, x: Tensor) -> Tensor:
          a = torch.ones([1024, 1024], device=x.device)
          for i in range(%d):
            a = torch.mm(a, a) * 0
          return x + a[0][0]
        """
            .formatted(3 * (long) loops);
    return ModelSource.of(ScriptModels.script(into.resolve("slow" + loops + ".pt"), source));
  }
}
