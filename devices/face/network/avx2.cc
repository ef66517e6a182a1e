#if defined(__x86_64__)
#pragma GCC target("avx2,fma")
#define LANES 8
#define WIDE false
#define PATH ting_path_avx2
#include "forward.h"
#endif
