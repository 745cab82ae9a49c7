/* A stand-in for libnvidia-ml.so.1 that the real nvidia-ml-py loads; what it answers stands in the file $NVML_SCRIPT.
 *
 * The file is read again whenever it has changed (replace it, do not write into it). One statement a line, # comments:
 *
 *   init CODE                   NVML does not start: nvmlInit answers this error
 *   driver VERSION              of the driver
 *   device UUID NAME...         a board; the statements up to the next device or slice are its own
 *   slice UUID GI CI NAME...    a slice (MIG) of the last board, with its GPU and compute instance; MIG is on there
 *   bus ID                      its PCI bus
 *   FIGURE VALUE                utilization memory-utilization (%) memory-used memory-total (bytes) power limit (W)
 *                               energy (J) temperature (C) sm-clock memory-clock (MHz) reasons (bits);
 *                               a figure that is not scripted is Not Supported
 *   process PID BYTES           one that computes there; - for bytes that are not told
 *   fail CALL CODE              this NVML function, by its name in C (* is any), answers this error
 *   hang CALL                   this NVML function never returns; `init -1`: nvmlInit does not
 *   lost after N                after N looks; a look begins with nvmlDeviceGetUtilizationRates
 *   lost at TIME                from that time on
 *
 * Times are Unix times in seconds (CLOCK_REALTIME, Python's time.time()), a VALUE one of
 *
 *   NUMBER
 *   square LOW HIGH PERIOD_MS   LOW in the first half of each period, HIGH in the second; periods count from time 0
 *   ramp FROM TO PERIOD_MS      from FROM straight to TO in each period
 *   integral TIME EVERY_MS WRAP of the power, exact, since TIME (energy alone); it moves every EVERY_MS (0: always) and
 *                               begins again at 0 whenever it comes to WRAP joules (0: never)
 *
 * Each nvmlShutdown says on stderr how often NVML is still held.
 */
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { OK = 0, UNINITIALIZED = 1, INVALID_ARGUMENT = 2, NOT_SUPPORTED = 3, NOT_FOUND = 6, TOO_SMALL = 7, LOST = 15 };
enum { HANGS = -1 }; /* of a fail, or of init: a call that never returns */
enum { DEVICES = 8, FAILS = 32, PROCESSES = 8, NOBODY = -1 };
enum figure { UTIL, MEMORY_UTIL, USED, TOTAL, POWER, LIMIT, ENERGY, TEMPERATURE, SM_CLOCK, MEMORY_CLOCK, REASONS, FIGURES };
static const char *const FIGURE_WORDS[FIGURES] = {
    "utilization", "memory-utilization", "memory-used", "memory-total", "power", "limit",
    "energy", "temperature", "sm-clock", "memory-clock", "reasons",
};

typedef long double real;
typedef unsigned long long u64;
typedef struct { enum { ABSENT, CONSTANT, SQUARE, RAMP, INTEGRAL } shape; real a, b, c; } value_t;
typedef struct { char call[64]; int code; } fail_t;
typedef struct { unsigned pid; u64 bytes; unsigned gi, ci; } process_t;
typedef struct {
    char uuid[96], name[96], bus[32];
    int board, lost_after; /* board: of a slice, its board's place; of a board, NOBODY */
    unsigned gi, ci;
    real lost_at;
    value_t values[FIGURES];
    fail_t fails[FAILS];
    process_t processes[PROCESSES];
    int n_fails, n_processes;
} device_t;
typedef struct { int init, n_devices; char driver[80]; device_t devices[DEVICES]; } script_t;

static script_t scripts[2], *script = scripts; /* the one in use, and the one that is read next */
static struct stat read_as;
static int held, looks[DEVICES];

/* Reading the script. */

static void mistake(const char *line) {
    fprintf(stderr, "nvml_standin: cannot read: %s\n", line);
    abort();
}

static int as_value(const char *text, value_t *value) {
    char shape[16];
    *value = (value_t){CONSTANT, 0, 0, 0};
    if (sscanf(text, "%Lf", &value->a) == 1) return 1;
    if (sscanf(text, "%15s %Lf %Lf %Lf", shape, &value->a, &value->b, &value->c) != 4) return 0;
    value->shape = !strcmp(shape, "square") ? SQUARE : !strcmp(shape, "ramp") ? RAMP : !strcmp(shape, "integral") ? INTEGRAL : ABSENT;
    return value->shape != ABSENT;
}

static device_t *add_device(script_t *into) {
    device_t *device = &into->devices[into->n_devices++];
    if (into->n_devices > DEVICES) mistake("too many devices");
    memset(device, 0, sizeof *device);
    device->board = device->lost_after = NOBODY;
    return device;
}

static int read_figure(const char *word, const char *rest, device_t *device) {
    for (int figure = 0; figure < FIGURES; figure++)
        if (!strcmp(word, FIGURE_WORDS[figure])) return as_value(rest, &device->values[figure]);
    return 0;
}

static int read_statement(script_t *into, const char *word, const char *rest) {
    device_t *device = into->n_devices ? &into->devices[into->n_devices - 1] : NULL;
    if (!strcmp(word, "init")) return sscanf(rest, "%d", &into->init);
    if (!strcmp(word, "driver")) return sscanf(rest, "%79s", into->driver);
    if (!strcmp(word, "device")) {
        device = add_device(into);
        return sscanf(rest, "%95s %95[^\n]", device->uuid, device->name) == 2;
    }
    if (!device) return 0;
    if (!strcmp(word, "slice")) {
        int last = into->n_devices - 1, board = device->board == NOBODY ? last : device->board;
        device = add_device(into);
        device->board = board;
        return sscanf(rest, "%95s %u %u %95[^\n]", device->uuid, &device->gi, &device->ci, device->name) == 4;
    }
    if (!strcmp(word, "bus")) return sscanf(rest, "%31s", device->bus);
    if (!strcmp(word, "lost")) return sscanf(rest, "after %d", &device->lost_after) == 1 || sscanf(rest, "at %Lf", &device->lost_at) == 1;
    if (!strcmp(word, "fail")) {
        fail_t *fail = &device->fails[device->n_fails++];
        return device->n_fails <= FAILS && sscanf(rest, "%63s %d", fail->call, &fail->code) == 2;
    }
    if (!strcmp(word, "hang")) {
        fail_t *fail = &device->fails[device->n_fails++];
        fail->code = HANGS;
        return device->n_fails <= FAILS && sscanf(rest, "%63s", fail->call) == 1;
    }
    if (!strcmp(word, "process")) {
        process_t *process = &device->processes[device->n_processes++];
        if (device->n_processes > PROCESSES) return 0;
        *process = (process_t){0, UINT64_MAX, device->gi, device->ci};
        return sscanf(rest, "%u %llu", &process->pid, &process->bytes) == 2 || strchr(rest, '-');
    }
    return read_figure(word, rest, device);
}

static void read_script(void) {
    const char *path = getenv("NVML_SCRIPT");
    struct stat now;
    char line[256], word[32];
    int length;
    script_t *into = script == scripts ? scripts + 1 : scripts;
    if (!path || stat(path, &now)) mistake("there is no $NVML_SCRIPT");
    if (now.st_ino == read_as.st_ino && now.st_mtim.tv_sec == read_as.st_mtim.tv_sec && now.st_mtim.tv_nsec == read_as.st_mtim.tv_nsec) return;
    FILE *file = fopen(path, "r");
    if (!file) mistake(path);
    memset(into, 0, sizeof *into);
    strcpy(into->driver, "570.0");
    while (fgets(line, sizeof line, file)) {
        if (sscanf(line, "%31s %n", word, &length) != 1 || word[0] == '#') continue;
        if (!read_statement(into, word, line + length)) mistake(line);
    }
    fclose(file);
    read_as = now;
    script = into;
}

/* What holds at a time. */

static real now_s(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec + now.tv_nsec / 1e9L;
}

/* The integral of a value from time 0. */
static real area_to(value_t value, real time_s) {
    if (value.shape == CONSTANT) return value.a * time_s;
    real period_s = value.c / 1000, part_s = fmodl(time_s, period_s), half_s = period_s / 2;
    real whole = (time_s - part_s) * (value.a + value.b) / 2;
    if (value.shape == RAMP) return whole + value.a * part_s + (value.b - value.a) * part_s * part_s / period_s / 2;
    return whole + (part_s < half_s ? value.a * part_s : value.a * half_s + value.b * (part_s - half_s));
}

static real value_at(const device_t *device, enum figure figure, real time_s) {
    value_t value = device->values[figure];
    real part = value.shape == CONSTANT ? 0 : fmodl(time_s, value.c / 1000) / (value.c / 1000);
    if (value.shape == SQUARE) return part < 0.5L ? value.a : value.b;
    if (value.shape == RAMP) return value.a + (value.b - value.a) * part;
    if (value.shape != INTEGRAL) return value.a;
    if (value.b > 0) time_s = floorl(time_s * 1000 / value.b) * value.b / 1000;
    real energy_j = area_to(device->values[POWER], time_s) - area_to(device->values[POWER], value.a);
    return value.c > 0 ? fmodl(energy_j, value.c) : energy_j;
}

static int answered(int code) {
    while (code == HANGS) pause();
    return code;
}

static int find(void *handle, const char *call, const device_t **device) {
    uintptr_t place = (uintptr_t)handle;
    read_script();
    if (!held) return UNINITIALIZED;
    if (place < 1 || place > (uintptr_t)script->n_devices) return INVALID_ARGUMENT;
    const device_t *found = *device = &script->devices[place - 1];
    if (found->lost_after != NOBODY && looks[place - 1] > found->lost_after) return LOST;
    if (found->lost_at > 0 && now_s() >= found->lost_at) return LOST;
    for (int i = 0; i < found->n_fails; i++)
        if (!strcmp(found->fails[i].call, call) || !strcmp(found->fails[i].call, "*")) return answered(found->fails[i].code);
    return OK;
}

static int figure_of(void *handle, const char *call, enum figure figure, real *answer) {
    const device_t *device;
    int code = find(handle, call, &device);
    if (code) return code;
    if (device->values[figure].shape == ABSENT) return NOT_SUPPORTED;
    *answer = value_at(device, figure, now_s());
    return OK;
}

static void *handle_of(int place) { return (void *)(uintptr_t)(place + 1); }

static int say(const char *text, char *buffer, unsigned size) {
    if (strlen(text) >= size) return TOO_SMALL;
    strcpy(buffer, text);
    return OK;
}

/* NVML: the library, and which devices there are. */

int nvmlInitWithFlags(unsigned flags) {
    (void)flags;
    read_script();
    held += script->init == OK;
    return answered(script->init);
}

int nvmlInit(void) { return nvmlInitWithFlags(0); }

int nvmlShutdown(void) {
    if (!held) return UNINITIALIZED;
    fprintf(stderr, "held %d\n", --held);
    return OK;
}

int nvmlSystemGetDriverVersion(char *text, unsigned size) { return held ? say(script->driver, text, size) : UNINITIALIZED; }
int nvmlSystemGetNVMLVersion(char *text, unsigned size) { return held ? say("12.570", text, size) : UNINITIALIZED; }

int nvmlDeviceGetCount_v2(unsigned *count) {
    read_script();
    if (!held) return UNINITIALIZED;
    *count = 0;
    for (int i = 0; i < script->n_devices; i++) *count += script->devices[i].board == NOBODY;
    return OK;
}

/* The nth device on that board, or the nth board. */
static int nth(int board, unsigned n, void **handle) {
    for (int i = 0; i < script->n_devices; i++)
        if (script->devices[i].board == board && !n--) return *handle = handle_of(i), OK;
    return NOT_FOUND;
}

int nvmlDeviceGetHandleByIndex_v2(unsigned index, void **handle) {
    const device_t *device;
    read_script();
    if (!held) return UNINITIALIZED;
    int code = nth(NOBODY, index, handle);
    return code ? INVALID_ARGUMENT : find(*handle, __func__, &device);
}

int nvmlDeviceGetHandleByUUID(const char *uuid, void **handle) {
    read_script();
    if (!held) return UNINITIALIZED;
    for (int i = 0; i < script->n_devices; i++)
        if (!strcmp(script->devices[i].uuid, uuid)) return *handle = handle_of(i), OK;
    return NOT_FOUND;
}

/* Begins a function: `device` is the one asked about, if it answers. */
#define ASKED                                    \
    const device_t *device;                      \
    int code = find(handle, __func__, &device);  \
    if (code) return code

int nvmlDeviceGetName(void *handle, char *text, unsigned size) {
    ASKED;
    return say(device->name, text, size);
}

int nvmlDeviceGetUUID(void *handle, char *text, unsigned size) {
    ASKED;
    return say(device->uuid, text, size);
}

typedef struct { char legacy[16]; unsigned domain, bus, device, id, subsystem; char bus_id[32]; } pci_t;

int nvmlDeviceGetPciInfo_v3(void *handle, pci_t *pci) {
    ASKED;
    return say(device->bus, pci->bus_id, sizeof pci->bus_id);
}

/* Slices. */

static int place_of(const device_t *device) { return (int)(device - script->devices); }

int nvmlDeviceGetMaxMigDeviceCount(void *handle, unsigned *count) {
    ASKED;
    *count = DEVICES;
    return OK;
}

int nvmlDeviceGetMigDeviceHandleByIndex(void *handle, unsigned index, void **slice) {
    ASKED;
    return nth(place_of(device), index, slice);
}

int nvmlDeviceGetMigMode(void *handle, unsigned *current, unsigned *pending) {
    void *slice;
    ASKED;
    *current = *pending = nth(place_of(device), 0, &slice) == OK;
    return OK;
}

int nvmlDeviceGetDeviceHandleFromMigDeviceHandle(void *handle, void **board) {
    ASKED;
    if (device->board == NOBODY) return INVALID_ARGUMENT;
    *board = handle_of(device->board);
    return OK;
}

int nvmlDeviceGetGpuInstanceId(void *handle, unsigned *gi) {
    ASKED;
    *gi = device->gi;
    return OK;
}

int nvmlDeviceGetComputeInstanceId(void *handle, unsigned *ci) {
    ASKED;
    *ci = device->ci;
    return OK;
}

/* Figures. */

static int rounded(void *handle, const char *call, enum figure figure, real scale, unsigned *answer) {
    real value;
    int code = figure_of(handle, call, figure, &value);
    if (!code) *answer = (unsigned)(value * scale + 0.5L);
    return code;
}

int nvmlDeviceGetUtilizationRates(void *handle, unsigned rates[2]) {
    uintptr_t place = (uintptr_t)handle;
    if (place >= 1 && place <= DEVICES) looks[place - 1]++;
    int code = rounded(handle, __func__, UTIL, 1, &rates[0]);
    return code ? code : rounded(handle, __func__, MEMORY_UTIL, 1, &rates[1]);
}

int nvmlDeviceGetMemoryInfo(void *handle, u64 memory[3]) { /* total, free, used */
    real used, total;
    int code = figure_of(handle, __func__, USED, &used);
    if (!code) code = figure_of(handle, __func__, TOTAL, &total);
    if (code) return code;
    memory[0] = (u64)total, memory[2] = (u64)used, memory[1] = memory[0] - memory[2];
    return OK;
}

int nvmlDeviceGetPowerUsage(void *handle, unsigned *mw) { return rounded(handle, __func__, POWER, 1000, mw); }
int nvmlDeviceGetEnforcedPowerLimit(void *handle, unsigned *mw) { return rounded(handle, __func__, LIMIT, 1000, mw); }

int nvmlDeviceGetTotalEnergyConsumption(void *handle, u64 *mj) {
    real energy_j;
    int code = figure_of(handle, __func__, ENERGY, &energy_j);
    if (!code) *mj = (u64)(energy_j * 1000);
    return code;
}

int nvmlDeviceGetTemperature(void *handle, unsigned sensor, unsigned *degrees) {
    return sensor ? INVALID_ARGUMENT : rounded(handle, __func__, TEMPERATURE, 1, degrees);
}

int nvmlDeviceGetTemperatureV(void *handle, unsigned temperature[3]) { /* version, sensor, degrees */
    return temperature[1] ? INVALID_ARGUMENT : rounded(handle, __func__, TEMPERATURE, 1, &temperature[2]);
}

int nvmlDeviceGetClockInfo(void *handle, unsigned kind, unsigned *mhz) { /* 1: SM, 2: memory */
    if (kind != 1 && kind != 2) return INVALID_ARGUMENT;
    return rounded(handle, __func__, kind == 1 ? SM_CLOCK : MEMORY_CLOCK, 1, mhz);
}

static int reasons_of(void *handle, const char *call, u64 *reasons) {
    real bits;
    int code = figure_of(handle, call, REASONS, &bits);
    if (!code) *reasons = (u64)bits;
    return code;
}

int nvmlDeviceGetCurrentClocksEventReasons(void *handle, u64 *bits) { return reasons_of(handle, __func__, bits); }
int nvmlDeviceGetCurrentClocksThrottleReasons(void *handle, u64 *bits) { return reasons_of(handle, __func__, bits); }

static int processes_of(void *handle, const char *call, unsigned *count, process_t *into) {
    const device_t *device;
    int code = find(handle, call, &device);
    unsigned room = *count;
    if (code) return code;
    *count = (unsigned)device->n_processes;
    if (room < *count) return TOO_SMALL;
    if (into) memcpy(into, device->processes, *count * sizeof *into);
    return OK;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *handle, unsigned *n, process_t *into) { return processes_of(handle, __func__, n, into); }
int nvmlDeviceGetComputeRunningProcesses_v2(void *handle, unsigned *n, process_t *into) { return processes_of(handle, __func__, n, into); }
