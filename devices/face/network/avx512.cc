#if defined(__x86_64__)
#pragma GCC target("avx512f,fma")
#define LANES 16
#define WIDE true
#define PATH ting_path_avx512
#include "forward.h"
#endif
