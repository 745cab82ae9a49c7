/* A stand-in for libnvidia-ml.so.1: one board with fixed answers, for the real nvidia-ml-py to load.
 *
 * The environment scripts it: NVML_INIT=code fails the start, NVML_FAIL=call:code one call, and NVML_LOST=n loses the
 * board after n looks (a look begins with its utilisation).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, INVALID_ARGUMENT = 2, NOT_FOUND = 6, GPU_IS_LOST = 15 };

typedef struct { unsigned gpu, memory; } utilisation_t;
typedef struct { unsigned long long total, free, used; } memory_t;

static int board;
static int held;
static int looks;

static int refused(const char *call) {
    const char *script = getenv("NVML_FAIL"), *lost = getenv("NVML_LOST");
    size_t length = strlen(call);
    if (lost && looks > atoi(lost)) return GPU_IS_LOST;
    if (script && !strncmp(script, call, length) && script[length] == ':') return atoi(script + length + 1);
    return OK;
}

int nvmlInitWithFlags(unsigned flags) {
    const char *code = getenv("NVML_INIT");
    (void)flags;
    if (code) return atoi(code);
    held++;
    return OK;
}

int nvmlShutdown(void) {
    held--;
    fprintf(stderr, "held %d\n", held);
    return OK;
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **device) {
    if (strcmp(uuid, "GPU-5ba3ed4f-0000-4000-8000-00000000000a")) return NOT_FOUND;
    *device = &board;
    return OK;
}

int nvmlDeviceGetUtilizationRates(void *device, utilisation_t *rates) {
    int code;
    looks++;
    code = refused("utilization");
    if (device != &board) return INVALID_ARGUMENT;
    if (code) return code;
    rates->gpu = 87;
    rates->memory = 41;
    return OK;
}

int nvmlDeviceGetMemoryInfo(void *device, memory_t *memory) {
    int code = refused("memory");
    if (device != &board) return INVALID_ARGUMENT;
    if (code) return code;
    memory->total = 85899345920ULL;
    memory->used = 12884901888ULL;
    memory->free = memory->total - memory->used;
    return OK;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned *milliwatts) {
    int code = refused("power");
    if (device != &board) return INVALID_ARGUMENT;
    if (code) return code;
    *milliwatts = 312500;
    return OK;
}

int nvmlDeviceGetEnforcedPowerLimit(void *device, unsigned *milliwatts) {
    int code = refused("limit");
    if (device != &board) return INVALID_ARGUMENT;
    if (code) return code;
    *milliwatts = 700000;
    return OK;
}
