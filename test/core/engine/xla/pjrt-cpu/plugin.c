/*
 * A PJRT plugin for tests: buffers in host memory, any number of devices, and a count of everything that is handed out.
 * Programs are run by the command in PJRT_CPU_COMPUTE, which is spoken to through pipes (see compute.py); without one every
 * result is zero. Argument structs are seen as arrays of 64-bit words, in the order of pjrt_c_api.h.
 *
 * PJRT_CPU_DEVICES: how many devices (1). PJRT_CPU_MINOR: the API's minor version (90). PJRT_CPU_GROWN: the name of a
 * function whose struct is 8 bytes larger than it was. PJRT_CPU_FAIL: the name of a function that always fails.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int64_t W;
typedef struct { char *text; int code; } Error;
typedef struct { int type; int rank; W dims[16]; W bytes; char *data; W device; } Buffer;
typedef struct { char *code; W code_size; char *options; W options_size; int id; int results; Buffer shape[4096]; } Program;
typedef struct { W id; } Device;

static W live[4]; /* buffers, events, programs, errors */
static Device devices[16];
static void *device_list[16];
static int to_compute = -1, from_compute = -1;
static pthread_mutex_t one_at_a_time = PTHREAD_MUTEX_INITIALIZER;

W pjrt_cpu_live(W what) { return live[what]; }

static int setting(const char *name, int otherwise) {
  const char *value = getenv(name);
  return value ? atoi(value) : otherwise;
}

static Error *failure(const char *text) {
  Error *error = malloc(sizeof(Error));
  error->text = strdup(text);
  error->code = 13;
  live[3]++;
  return error;
}

static Error *check(const char *name, W *a, W size) {
  char text[256];
  const char *grown = getenv("PJRT_CPU_GROWN"), *fails = getenv("PJRT_CPU_FAIL");
  if (grown && !strcmp(grown, name)) size += 8;
  if (a[0] < size) {
    snprintf(text, sizeof text, "Unexpected PJRT_%s_Args size: expected %d, got %d. Check installed software versions.", name, (int)size, (int)a[0]);
    return failure(text);
  }
  if (fails && !strcmp(fails, name)) {
    snprintf(text, sizeof text, "RESOURCE_EXHAUSTED: Out of memory in %s.", name);
    return failure(text);
  }
  return NULL;
}

#define FUNCTION(name, size) \
  static Error *name##_body(W *a); \
  static void *name(W *a) { \
    pthread_mutex_lock(&one_at_a_time); \
    Error *e = check(#name, a, size); \
    if (!e) e = name##_body(a); \
    pthread_mutex_unlock(&one_at_a_time); \
    return e; \
  } \
  static Error *name##_body(W *a)

static void *Error_Destroy(W *a) { Error *e = (Error *)a[2]; free(e->text); free(e); live[3]--; return NULL; }
static void *Error_Message(W *a) { Error *e = (Error *)a[2]; a[3] = (W)e->text; a[4] = strlen(e->text); return NULL; }
static void *Error_GetCode(W *a) { a[3] = ((Error *)a[2])->code; return NULL; }

FUNCTION(Plugin_Initialize, 16) { return NULL; }
FUNCTION(Event_Destroy, 24) { free((void *)a[2]); live[1]--; return NULL; }
FUNCTION(Event_Await, 24) { return NULL; }

static W event(void) { live[1]++; return (W)malloc(1); }

static void start_compute(void) {
  const char *command = getenv("PJRT_CPU_COMPUTE");
  int down[2], up[2];
  if (!command || to_compute >= 0 || pipe(down) || pipe(up)) return;
  if (fork() == 0) {
    dup2(down[0], 0); dup2(up[1], 1);
    for (int fd = 3; fd < 256; fd++) close(fd);
    execl("/bin/sh", "sh", "-c", command, (char *)NULL);
    _exit(127);
  }
  close(down[0]); close(up[1]);
  to_compute = down[1]; from_compute = up[0];
}

static void put(const void *data, W size) {
  for (W at = 0; at < size;) { W n = write(to_compute, (const char *)data + at, size - at); if (n <= 0) return; at += n; }
}
static int get(void *data, W size) {
  for (W at = 0; at < size;) { W n = read(from_compute, (char *)data + at, size - at); if (n <= 0) return 0; at += n; }
  return 1;
}
static void put_word(W value) { put(&value, 8); }
static W get_word(void) { W value = -1; get(&value, 8); return value; }

/* The next answer: 0 and what was asked for, or 1 and a text. */
static Error *answered(void) {
  W failed = get_word();
  if (failed == 0) return NULL;
  if (failed != 1) return failure("the computing process has ended");
  W size = get_word();
  char *text = calloc(size + 1, 1);
  get(text, size);
  Error *error = failure(text);
  free(text);
  return error;
}

FUNCTION(Client_Create, 88) {
  int count = setting("PJRT_CPU_DEVICES", 1);
  for (int i = 0; i < count; i++) { devices[i].id = i; device_list[i] = &devices[i]; }
  start_compute();
  a[8] = (W)devices;
  return NULL;
}
FUNCTION(Client_Destroy, 24) { return NULL; }
FUNCTION(Client_PlatformName, 40) { a[3] = (W)"cpu"; a[4] = 3; return NULL; }
FUNCTION(Client_PlatformVersion, 40) { a[3] = (W)"test"; a[4] = 4; return NULL; }
FUNCTION(Client_AddressableDevices, 40) { a[3] = (W)device_list; a[4] = setting("PJRT_CPU_DEVICES", 1); return NULL; }
FUNCTION(Device_GetDescription, 32) { a[3] = a[2]; return NULL; }
FUNCTION(DeviceDescription_Id, 28) { *(int *)&a[3] = (int)((Device *)a[2])->id; return NULL; }
FUNCTION(DeviceDescription_Kind, 40) { a[3] = (W)"test device"; a[4] = 11; return NULL; }
FUNCTION(Device_MemoryStats, 185) { a[3] = live[0]; a[10] = 1 << 30; a[11] = 1; return NULL; }

static int size_of(int type) { return type == 1 ? 1 : 4; }

/* The types of the results, from the module's text: `) -> (tensor<2x3xf32> {…}, tensor<4xi32>) {`. */
static void parse_results(Program *p) {
  char *at = strstr(p->code, ") -> ("), *end = strstr(at, "\n");
  while ((at = strstr(at, "tensor<")) && at < end) {
    Buffer *b = &p->shape[p->results++];
    at += 7;
    b->rank = 0; b->bytes = 1;
    while (*at >= '0' && *at <= '9') { b->dims[b->rank] = strtoll(at, &at, 10); b->bytes *= b->dims[b->rank++]; at++; }
    b->type = at[0] == 'f' ? 11 : at[1] == '1' ? 1 : 4;
    b->bytes *= size_of(b->type);
  }
}

static Error *make_program(const char *code, W size, const char *options, W options_size, W *out) {
  Program *p = calloc(1, sizeof(Program));
  p->code = calloc(size + 1, 1); memcpy(p->code, code, size); p->code_size = size;
  p->options = malloc(options_size + 1); memcpy(p->options, options, options_size); p->options_size = options_size;
  if (!strstr(p->code, "func.func public @main")) return failure("INVALID_ARGUMENT: no main");
  parse_results(p);
  if (to_compute >= 0) {
    put_word('C'); put_word(size); put(code, size); put_word(options_size); put(options, options_size);
    Error *error = answered();
    if (error) return error;
    p->id = (int)get_word();
  }
  live[2]++;
  *out = (W)p;
  return NULL;
}

FUNCTION(Client_Compile, 56) {
  W *program = (W *)a[3];
  return make_program((char *)program[2], program[3], (char *)a[4], a[5], &a[6]);
}
FUNCTION(LoadedExecutable_Destroy, 24) { Program *p = (Program *)a[2]; free(p->code); free(p->options); free(p); live[2]--; return NULL; }
FUNCTION(LoadedExecutable_GetExecutable, 32) { a[3] = a[2]; return NULL; }
FUNCTION(Executable_Destroy, 24) { return NULL; }

static void free_serialised(void *bytes) { free(bytes); }
FUNCTION(Executable_Serialize, 56) {
  Program *p = (Program *)a[2];
  char *bytes = malloc(8 + p->code_size + p->options_size);
  memcpy(bytes, &p->code_size, 8);
  memcpy(bytes + 8, p->code, p->code_size);
  memcpy(bytes + 8 + p->code_size, p->options, p->options_size);
  a[3] = (W)bytes; a[4] = 8 + p->code_size + p->options_size; a[5] = (W)bytes; a[6] = (W)free_serialised;
  return NULL;
}
FUNCTION(Executable_DeserializeAndLoad, 64) {
  char *bytes = (char *)a[3];
  W size;
  if (a[4] < 8) return failure("INVALID_ARGUMENT: not an executable");
  memcpy(&size, bytes, 8);
  if (size < 0 || size > a[4] - 8) return failure("INVALID_ARGUMENT: not an executable");
  return make_program(bytes + 8, size, bytes + 8 + size, a[4] - 8 - size, &a[5]);
}

static Buffer *new_buffer(int type, int rank, const W *dims) {
  Buffer *b = calloc(1, sizeof(Buffer));
  b->type = type; b->rank = rank; b->bytes = size_of(type);
  for (int i = 0; i < rank; i++) { b->dims[i] = dims[i]; b->bytes *= dims[i]; }
  b->data = calloc(b->bytes + 1, 1);
  live[0]++;
  return b;
}
FUNCTION(Client_BufferFromHostBuffer, 120) {
  Buffer *b = new_buffer((int)a[4], (int)a[6], (W *)a[5]);
  memcpy(b->data, (void *)a[3], b->bytes);
  a[13] = event(); a[14] = (W)b;
  return NULL;
}
FUNCTION(Buffer_Destroy, 24) { Buffer *b = (Buffer *)a[2]; free(b->data); free(b); live[0]--; return NULL; }
FUNCTION(Buffer_ToHostBuffer, 56) {
  Buffer *b = (Buffer *)a[2];
  if (a[5] < b->bytes) return failure("INVALID_ARGUMENT: room too small");
  memcpy((void *)a[4], b->data, b->bytes);
  a[6] = event();
  return NULL;
}
FUNCTION(LoadedExecutable_Execute, 80) {
  Program *p = (Program *)a[2];
  Buffer ***given = (Buffer ***)a[4], ***taken = (Buffer ***)a[7];
  W count = a[5], args = a[6];
  if (to_compute >= 0) {
    put_word('E'); put_word(p->id); put_word(count); put_word(args);
    for (W d = 0; d < count; d++)
      for (W i = 0; i < args; i++) {
        Buffer *b = given[d][i];
        put_word(b->type); put_word(b->rank); put(b->dims, 8 * b->rank); put(b->data, b->bytes);
      }
    Error *error = answered();
    if (error) return error;
  }
  for (W d = 0; d < count; d++)
    for (int i = 0; i < p->results; i++) {
      Buffer *b = new_buffer(p->shape[i].type, p->shape[i].rank, p->shape[i].dims);
      if (to_compute >= 0) get(b->data, b->bytes);
      taken[d][i] = b;
    }
  return NULL;
}

static struct { W size; void *extension; W version_size; void *version_extension; int major, minor; void *functions[130]; } api;

void *GetPjrtApi(void) {
  api.size = sizeof api; api.version_size = 24; api.minor = setting("PJRT_CPU_MINOR", 90);
  void **f = api.functions;
  f[0] = Error_Destroy; f[1] = Error_Message; f[2] = Error_GetCode; f[3] = Plugin_Initialize; f[5] = Event_Destroy;
  f[8] = Event_Await; f[10] = Client_Create; f[11] = Client_Destroy; f[12] = Client_PlatformName; f[14] = Client_PlatformVersion;
  f[16] = Client_AddressableDevices; f[20] = Client_Compile; f[22] = Client_BufferFromHostBuffer; f[23] = DeviceDescription_Id;
  f[26] = DeviceDescription_Kind; f[29] = Device_GetDescription; f[34] = Device_MemoryStats; f[40] = Executable_Destroy;
  f[49] = Executable_Serialize; f[50] = LoadedExecutable_Destroy; f[51] = LoadedExecutable_GetExecutable;
  f[55] = LoadedExecutable_Execute; f[56] = Executable_DeserializeAndLoad; f[58] = Buffer_Destroy; f[70] = Buffer_ToHostBuffer;
  return &api;
}
