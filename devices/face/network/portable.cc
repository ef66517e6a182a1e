// The path for every processor: four lanes, which is SSE2 or NEON.
#define LANES 4
#if defined(__aarch64__)
#define WIDE true
#else
#define WIDE false
#endif
#define PATH ting_path_portable
#include "forward.h"
