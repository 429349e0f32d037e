// jemalloc's settings, which it reads before main() (jemalloc(3), TUNING).

// Few arenas serve few threads as well as four per core do, and keep freed memory in fewer places; it is
// given back to the system a second after it was last of use.
extern "C" const char* malloc_conf;
const char* malloc_conf = "narenas:2,dirty_decay_ms:1000,muzzy_decay_ms:0";
