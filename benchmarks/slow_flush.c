/* A disk with slow flushes: LD_PRELOAD this, and fsync and fdatasync take SLOW_FLUSH_US more. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

static int delayed(const char *name, int descriptor)
{
    const char *wanted = getenv("SLOW_FLUSH_US");
    long microseconds = wanted ? atol(wanted) : 0;
    struct timespec pause = {microseconds / 1000000, microseconds % 1000000 * 1000};
    int (*real)(int) = (int (*)(int))dlsym(RTLD_NEXT, name);
    nanosleep(&pause, NULL);
    return real(descriptor);
}

int fsync(int descriptor) { return delayed("fsync", descriptor); }
int fdatasync(int descriptor) { return delayed("fdatasync", descriptor); }
