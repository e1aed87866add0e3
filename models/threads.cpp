#include "models/threads.h"

#include <string>

#include <ATen/Parallel.h>
#include <dlfcn.h>

#include "core/error.h"

namespace twinfer {

void use_threads(unsigned threads) {
  if (threads < 1 || threads > 1024) throw InputError("", "threads", std::to_string(threads), "must be 1 to 1024");
  const int count = static_cast<int>(threads);
  at::set_num_threads(count);

  // Asked for at run time: another BLAS may be installed, which has no such knob.
  using SetThreads = void (*)(int);
  const auto set_blas = reinterpret_cast<SetThreads>(dlsym(RTLD_DEFAULT, "openblas_set_num_threads"));
  if (set_blas != nullptr) set_blas(count);
}

}  // namespace twinfer
