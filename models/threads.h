// How many threads an operator may use, for LibTorch and the BLAS beneath it.
#pragma once

namespace twinfer {

// Sets the threads of every operator that the calling thread runs from now on,
// and of OpenBLAS for the whole process: LibTorch alone would leave linear
// layers on all cores. Call it on each thread that computes. Operators run one
// at a time here, so LibTorch's inter-op pool is never started and stays as it is.
// Throws InputError unless `threads` is 1 to 1024.
void use_threads(unsigned threads);

}  // namespace twinfer
