/*
 * What a residual network spends its time in: convolutions with their gradients, batch normalization, the
 * residual sum, max pooling's gradient and the optimizer's step. One source, compiled two ways: ahead to
 * WebAssembly (`compiled.ts`), and for the processor at hand (`native.ts`).
 *
 * Both give the same bits, because the order of every sum is fixed:
 *   - vectors lie along channels of the output, never along what is summed up, so a longer vector computes more
 *     sums at a time and none of them in another order;
 *   - a product is added with one rounding (fused multiply-add) where this file says FMA, and with two where it
 *     says * and +. Compile with -ffp-contract=off;
 *   - where threads share a sum, its parts are kept apart and added in the order of one thread;
 *   - NaN is always the same NaN when it is stored.
 *
 * Activations are [batch, height, width, channels]. All pointers but `room` are tensors; `room` is memory to work
 * in, as many floats as the function's `...Room` says. No function keeps anything from call to call.
 *
 * In WebAssembly the memory belongs to tfjs, so there may be no static data: no initialized array, no string.
 */
#include <stddef.h>
#include <stdint.h>

typedef intptr_t idx;

/* ======================================================= the machine: vectors of LANES numbers */

/*
 * WINDOWS and INPUTS say how many sums are kept in registers at a time: WINDOWS x 2 vectors in a product of
 * matrices, INPUTS x 2 in the gradient by a matrix. SPREAD_LANES: load a vector and spread each number of it in
 * registers (WebAssembly compares every address with the memory's size), instead of loading each number.
 */
#if defined(__wasm__)
#include <wasm_simd128.h>
enum { LANES = 4, WINDOWS = 4, INPUTS = 4, SPREAD_LANES = 1 };
#define SPLAT(x) ((vec)wasm_f32x4_splat(x))
#ifdef __wasm_relaxed_simd__
#define FMA(a, b, c) ((vec)__builtin_wasm_relaxed_madd_f32x4((a), (b), (c)))
#else
#define FMA(a, b, c) ((a) * (b) + (c)) /* rounds twice: other numbers, under another engine's name */
#endif
#elif defined(__AVX512F__)
#include <immintrin.h>
enum { LANES = 16, WINDOWS = 8, INPUTS = 8, SPREAD_LANES = 0 };
#define SPLAT(x) ((vec)_mm512_set1_ps(x))
#define FMA(a, b, c) ((vec)_mm512_fmadd_ps((__m512)(a), (__m512)(b), (__m512)(c)))
#elif defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>
enum { LANES = 8, WINDOWS = 4, INPUTS = 4, SPREAD_LANES = 0 };
#define SPLAT(x) ((vec)_mm256_set1_ps(x))
#define FMA(a, b, c) ((vec)_mm256_fmadd_ps((__m256)(a), (__m256)(b), (__m256)(c)))
#elif defined(__aarch64__)
#include <arm_neon.h>
enum { LANES = 4, WINDOWS = 8, INPUTS = 4, SPREAD_LANES = 1 };
#define SPLAT(x) ((vec)vdupq_n_f32(x))
#define FMA(a, b, c) ((vec)vfmaq_f32((float32x4_t)(c), (float32x4_t)(a), (float32x4_t)(b)))
#else
#error "This processor has no fused multiply-add"
#endif

typedef float vec __attribute__((vector_size(4 * LANES)));
typedef int32_t bits __attribute__((vector_size(4 * LANES)));
/* A vector anywhere in memory. */
typedef float loose __attribute__((vector_size(4 * LANES), aligned(4), may_alias));

#define INLINE static inline __attribute__((always_inline))
#define SEPARATE static __attribute__((noinline))
#define EXPORT __attribute__((visibility("default")))
#define UNROLL _Pragma("GCC unroll 16")
#define ZERO ((vec){0})
#define LOAD(p) ((vec)*(const loose *)(p))
#define STORE(p, v) (*(loose *)(p) = (v))

/* Keeps the compiler from holding more addresses than there are registers. */
#define OPAQUE(pointer) __asm__("" : "+r"(pointer))
/*
 * LLVM would put the multiply-adds of one sum one behind the other, each waiting for the last; V8 compiles them
 * in the order that they have in WebAssembly.
 */
#ifdef __wasm__
#define KEEP_ORDER(v) __asm__ volatile("" : "+r"(v))
#else
#define KEEP_ORDER(v) (void)0
#endif

INLINE idx least(idx a, idx b) { return a < b ? a : b; }
INLINE idx most(idx a, idx b) { return a > b ? a : b; }
/* How many vectors hold so many channels. */
INLINE idx blocks(idx channels) { return (channels + LANES - 1) / LANES; }
INLINE void copy(float *to, const float *from, idx count) { __builtin_memcpy(to, from, 4 * count); }
INLINE void clear(float *to, idx count) { __builtin_memset(to, 0, 4 * count); }
/* Sizes of parts of `room` are multiples of 16 floats, so that all of them begin at a line of the cache. */
INLINE idx whole(idx count) { return (count + 15) & ~(idx)15; }
INLINE float *aligned(float *room) { return room + (-((uintptr_t)room / 4) & 15); }

/* The first `count` numbers, at most a vector; zeros behind them. */
INLINE vec load(const float *p, idx count) {
  if (count >= LANES) return LOAD(p);
  vec v = ZERO;
  for (idx i = 0; i < count; i++) v[i] = p[i];
  return v;
}
INLINE void store(float *p, vec v, idx count) {
  if (count >= LANES) STORE(p, v);
  else for (idx i = 0; i < count; i++) p[i] = v[i];
}
/* Of channels that come in fours, as Winograd's do: a vector of four is always whole. */
INLINE vec loadFours(const float *p, idx count) { return LANES == 4 ? LOAD(p) : load(p, count); }
INLINE void storeFours(float *p, vec v, idx count) {
  if (LANES == 4) STORE(p, v);
  else store(p, v, count);
}

INLINE vec keep(bits mask, vec v) { return (vec)((bits)v & mask); }
/* Processors make NaNs of different bits. Those that are stored into a tensor have all bits set. */
INLINE vec oneNaN(vec v) { return (vec)((bits)v | (v != v)); }
/* 0 for -0, NaN for NaN */
INLINE vec reluOf(vec v) { return keep(~(v <= ZERO), v); }

/* ======================================================= threads */

/* Runs run(job, n) for each n below `threads`, the first of them in the calling thread. */
#if defined(__wasm__) || defined(_WIN32)
INLINE void parallel(idx threads, void (*run)(const void *, idx), const void *job) {
  for (idx n = 0; n < threads; n++) run(job, n); /* one after the other: the memory is not shared */
}
#else
#include <pthread.h>

/* Threads that wait for the next turn. Started when first needed; they end with the process. */
static struct {
  pthread_mutex_t lock;
  pthread_cond_t start, done;
  void (*run)(const void *, idx);
  const void *job;
  idx threads, started, left;
  volatile long turn;
} pool = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, PTHREAD_COND_INITIALIZER, 0, 0, 0, 1, 0, 0 };

static void *work(void *number) {
  idx me = (idx)number;
  long seen = 0;
  for (;;) {
    pthread_mutex_lock(&pool.lock);
    while (pool.turn == seen) pthread_cond_wait(&pool.start, &pool.lock);
    seen = pool.turn;
    pthread_mutex_unlock(&pool.lock);
    if (me < pool.threads) pool.run(pool.job, me);
    pthread_mutex_lock(&pool.lock);
    if (--pool.left == 0) pthread_cond_signal(&pool.done);
    pthread_mutex_unlock(&pool.lock);
  }
  return 0;
}

static void parallel(idx threads, void (*run)(const void *, idx), const void *job) {
  if (threads <= 1) {
    run(job, 0);
    return;
  }
  for (; pool.started < threads; pool.started++) {
    pthread_t thread;
    if (pthread_create(&thread, 0, work, (void *)pool.started)) break;
    pthread_detach(thread);
  }
  pthread_mutex_lock(&pool.lock);
  pool.run = run;
  pool.job = job;
  pool.threads = threads;
  pool.left = pool.started - 1;
  pool.turn++;
  pthread_cond_broadcast(&pool.start);
  pthread_mutex_unlock(&pool.lock);
  run(job, 0);
  for (idx n = pool.started; n < threads; n++) run(job, n); /* where the system gave fewer threads */
  pthread_mutex_lock(&pool.lock);
  while (pool.left > 0) pthread_cond_wait(&pool.done, &pool.lock);
  pthread_mutex_unlock(&pool.lock);
}
#endif

/* As many threads as have something worth waking up for. */
INLINE idx worthwhile(idx threads, idx numbers) {
  return most(1, least(threads, numbers / 16384));
}

/* ======================================================= products of matrices
 *
 * A convolution is a product of matrices: of its windows, each a row of `sum` inputs, by the filter. Windows,
 * outputs and their gradients lie in planes [windows / WINDOWS][channels / LANES][WINDOWS][LANES], so that the two
 * inner loops read memory in order, at distances that the compiler knows.
 */

/* out[q, v] = sum over k, in order, of in[q, k] * weights[k, v], of WINDOWS windows and N vectors of outputs. */
INLINE void product(const float *in, const float *weights, idx sum, float *out, idx windowStep, idx vectorStep,
                    int isResult, const int N) {
  vec sums[WINDOWS][2];
  UNROLL for (int q = 0; q < WINDOWS; q++) UNROLL for (int v = 0; v < N; v++) sums[q][v] = ZERO;
  for (idx vectors = sum / LANES; vectors > 0; vectors--) {
    OPAQUE(in);
    OPAQUE(weights);
    vec x[WINDOWS];
    if (SPREAD_LANES) UNROLL for (int q = 0; q < WINDOWS; q++) x[q] = LOAD(in + q * LANES);
    UNROLL for (int j = 0; j < LANES; j++) {
      vec w[2];
      UNROLL for (int v = 0; v < N; v++) w[v] = LOAD(weights + (j * N + v) * LANES);
      UNROLL for (int q = 0; q < WINDOWS; q++) {
        vec one = SPLAT(SPREAD_LANES ? x[q][j] : in[q * LANES + j]);
        UNROLL for (int v = 0; v < N; v++) {
          sums[q][v] = FMA(one, w[v], sums[q][v]);
          KEEP_ORDER(sums[q][v]);
        }
      }
    }
    in += WINDOWS * LANES;
    weights += LANES * N * LANES;
  }
  for (idx j = 0; j < sum % LANES; j++, in++, weights += N * LANES) {
    UNROLL for (int q = 0; q < WINDOWS; q++) {
      vec one = SPLAT(in[q * LANES]);
      UNROLL for (int v = 0; v < N; v++) sums[q][v] = FMA(one, LOAD(weights + v * LANES), sums[q][v]);
    }
  }
  UNROLL for (int v = 0; v < N; v++) {
    UNROLL for (int q = 0; q < WINDOWS; q++) {
      STORE(out + v * vectorStep + q * windowStep, isResult ? oneNaN(sums[q][v]) : sums[q][v]);
    }
  }
}

/* Of all windows and outputs. `step` leads from one WINDOWS of outputs to the next; isResult: out is a tensor. */
SEPARATE void products(const float *in, idx sum, const float *weights, idx outputs, idx windows, float *out,
                       idx windowStep, idx vectorStep, idx step, int isResult) {
  idx inStep = blocks(sum) * WINDOWS * LANES, times = (windows + WINDOWS - 1) / WINDOWS;
  for (idx left = blocks(outputs); left > 0; left -= 2, out += 2 * vectorStep, weights += 2 * LANES * sum) {
    for (idx t = 0; t < times; t++) {
      const float *from = in + t * inStep;
      if (left > 1) product(from, weights, sum, out + t * step, windowStep, vectorStep, isResult, 2);
      else product(from, weights, sum, out + t * step, windowStep, vectorStep, isResult, 1);
    }
  }
}

/* sums[k, v] += sum over windows, in order, of in[., k] * dy[., v], of K inputs and N vectors of outputs. */
INLINE void outerProduct(const float *in, idx inStep, const float *dy, idx dyStep, idx times, float *sums, idx row,
                         const int K, const int N) {
  vec s[2 * INPUTS][2];
  UNROLL for (int k = 0; k < K; k++) UNROLL for (int v = 0; v < N; v++) s[k][v] = ZERO;
  for (; times > 0; times--, in += inStep, dy += dyStep) {
    OPAQUE(in);
    OPAQUE(dy);
    UNROLL for (int q = 0; q < WINDOWS; q++) {
      vec out[2], x = SPREAD_LANES ? LOAD(in + q * LANES) : ZERO;
      UNROLL for (int v = 0; v < N; v++) out[v] = LOAD(dy + (v * WINDOWS + q) * LANES);
      UNROLL for (int k = 0; k < K; k++) {
        vec one = SPLAT(SPREAD_LANES ? x[k] : in[q * LANES + k]);
        UNROLL for (int v = 0; v < N; v++) {
          s[k][v] = FMA(one, out[v], s[k][v]);
          KEEP_ORDER(s[k][v]);
        }
      }
    }
  }
  UNROLL for (int k = 0; k < K; k++) {
    UNROLL for (int v = 0; v < N; v++) {
      float *to = sums + k * row + v * LANES;
      STORE(to, LOAD(to) + s[k][v]);
    }
  }
}

SEPARATE void outerProducts(const float *in, idx inputs, const float *dy, idx outputs, float *sums, idx row,
                            idx windows) {
  enum { MORE = LANES < 2 * INPUTS ? LANES : 2 * INPUTS }; /* inputs at a time beside one vector of outputs */
  idx inStep = blocks(inputs) * WINDOWS * LANES, dyStep = blocks(outputs) * WINDOWS * LANES;
  idx times = (windows + WINDOWS - 1) / WINDOWS;
  for (idx i = 0; i < blocks(inputs); i++) {
    const float *x = in + i * WINDOWS * LANES, *out = dy;
    float *to = sums + i * LANES * row;
    for (idx left = blocks(outputs); left > 0; left -= 2, out += 2 * WINDOWS * LANES, to += 2 * LANES) {
      if (left > 1) {
        for (idx k = 0; k < LANES; k += INPUTS) {
          outerProduct(x + k, inStep, out, dyStep, times, to + k * row, row, INPUTS, 2);
        }
      } else {
        for (idx k = 0; k < LANES; k += MORE) {
          outerProduct(x + k, inStep, out, dyStep, times, to + k * row, row, MORE, 1);
        }
      }
    }
  }
}

/* ======================================================= Winograd's F(2x2, 3x3)
 *
 * Lavin and Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016. With a stride of 1, a tile of
 * 2 x 2 outputs sees 4 x 4 inputs d and is, for a filter g of 3 x 3,
 *
 *     A' [ (G g G') . (B' d B) ] A        . multiplies number by number
 *
 *          | 1  0 -1  0 |      | 1   0   0  |
 *     B' = | 0  1  1  0 |  G = | 1/2 1/2 1/2|  A' = | 1  1  1  0 |
 *          | 0 -1  1  0 |      | 1/2-1/2 1/2|       | 0  1 -1 -1 |
 *          | 0  1  0 -1 |      | 0   0   1  |
 *
 * which takes 16 multiplications for the 36 of the definition. Summed over input channels, for all tiles, the
 * product "." is 16 products of matrices, one for each position in the tile. The gradient by the filter is
 * G' [ (A dy A') . (B' d B) ] G, summed over tiles; the gradient by the input is a convolution of dy with the
 * filter turned by half a turn, so it takes the first formula.
 *
 * Each function here multiplies a column of vectors by one of the matrices. A matrix on both sides is twice that,
 * first over the columns, then over the rows.
 */
INLINE void timesB(vec a, vec b, vec c, vec d, vec *out) {
  out[0] = a - c;
  out[1] = b + c;
  out[2] = c - b;
  out[3] = b - d;
}
INLINE void timesA(vec a, vec b, vec c, vec d, vec *out) {
  out[0] = a + b + c;
  out[1] = b - c - d;
}
INLINE void timesATransposed(vec a, vec b, vec *out) {
  out[0] = a;
  out[1] = a + b;
  out[2] = a - b;
  out[3] = ZERO - b;
}
INLINE void timesG(vec a, vec b, vec c, vec *out) {
  vec half = SPLAT(0.5f);
  out[0] = a;
  out[1] = a * half + b * half + c * half;
  out[2] = a * half + c * half - b * half;
  out[3] = c;
}
INLINE void timesGTransposed(vec a, vec b, vec c, vec d, vec *out) {
  vec half = SPLAT(0.5f);
  out[0] = a + b * half + c * half;
  out[1] = b * half - c * half;
  out[2] = b * half + c * half + d;
}

/* ======================================================= how a convolution is carried out */

/* The sizes of a convolution or a pooling. */
struct shape {
  int32_t batch, inHeight, inWidth, inputs;
  int32_t outHeight, outWidth, outputs;
  int32_t filterHeight, filterWidth, strideHeight, strideWidth, top, left; /* zeros above and to the left */
};

struct plan {
  idx images, height, width, channels;               /* of what is convolved */
  idx top, left, frameHeight, frameWidth;            /* with zeros around it; frameHeight 0: as it is */
  idx row, start, step, rowStep, rows, run;          /* a window: `rows` runs of numbers, where it begins, how it moves */
  idx windowRows, windowColumns;                     /* windows, or tiles, of an image */
  idx outputs, outStep, outRow, outImage;            /* from one window's, row's, image's outputs to the next */
  idx winograd, positions, sum;                      /* products, and how many numbers each of them sums up */
  idx groupRows, groups;                             /* rows of windows that are worked on at a time */
  idx inPlane, outPlane, room;                       /* floats of one position's planes, and of a thread's room */
};

/*
 * PART OF THE NUMERICAL DEFINITION: the gradient by a filter is summed over groups of rows of windows, and then over
 * groups. A group's numbers take at most so many bytes. Another number here gives other bits.
 */
enum { GRADIENT_GROUP = 24000 };
/* The same for outputs, where it decides nothing but speed. */
enum { OUTPUT_GROUP = 200000 };

/* The largest divisor of `total` that makes whole parts of images or whole images, of at most `limit` bytes. */
static idx groupSize(idx total, idx rowsOfImage, idx bytesOfRow, idx limit) {
  for (idx n = total; n > 1; n--) {
    int isWhole = rowsOfImage % n == 0 || n % rowsOfImage == 0;
    if (total % n == 0 && isWhole && n * bytesOfRow <= limit) return n;
  }
  return 1;
}

/* Fills in what follows from the rest. */
static void complete(struct plan *p, int isFilterGradient) {
  idx columns = p->windowColumns, total = p->images * p->windowRows;
  int isFramed = p->top || p->left || p->frameHeight > p->height || p->frameWidth > p->width;
  if (!isFramed) p->frameHeight = 0;
  p->row = (isFramed ? p->frameWidth : p->width) * p->channels;
  p->rowStep *= p->row;
  p->positions = p->winograd ? 16 : 1;
  p->sum = p->winograd ? p->channels : p->rows * p->run;
  idx bytes = 4 * p->positions * (p->sum + p->outputs); /* of a window */
  if (!isFilterGradient) {
    p->groupRows = groupSize(total, p->windowRows, columns * bytes, most(OUTPUT_GROUP, 32 * bytes));
  } else if (p->winograd) {
    p->groupRows = groupSize(total, p->windowRows, 4 * columns * (p->sum + p->outputs), GRADIENT_GROUP);
  } else {
    idx bytesOfRow = 4 * (p->rowStep + columns * p->outputs);
    p->groupRows = groupSize(p->windowRows, p->windowRows, bytesOfRow, GRADIENT_GROUP);
  }
  p->groups = total / p->groupRows;
  idx windows = (p->groupRows * columns + WINDOWS - 1) / WINDOWS * WINDOWS;
  /* At distances of powers of two the planes would share few lines of the cache. */
  p->inPlane = whole(windows * blocks(p->sum) * LANES) + 16;
  p->outPlane = whole(windows * blocks(p->outputs) * LANES) + 16;
  p->room = whole(p->frameHeight * p->row + LANES) + whole((blocks(p->sum) + 1) * LANES) +
            p->positions * (p->inPlane + p->outPlane);
}

static int isWinograd(const struct shape *s) {
  int isEven = s->inHeight % 2 + s->inWidth % 2 + s->outHeight % 2 + s->outWidth % 2 == 0;
  return isEven && s->inputs % 4 + s->outputs % 4 == 0 && s->filterHeight == 3 && s->filterWidth == 3 &&
         s->strideHeight * s->strideWidth == 1 && s->top <= 2 && s->left <= 2;
}

static struct plan planOf(const struct shape *s, int isFilterGradient) {
  struct plan p = {
    .images = s->batch, .height = s->inHeight, .width = s->inWidth, .channels = s->inputs,
    .top = s->top, .left = s->left,
    .frameHeight = (s->outHeight - 1) * s->strideHeight + s->filterHeight,
    .frameWidth = (s->outWidth - 1) * s->strideWidth + s->filterWidth,
    .step = s->strideWidth * s->inputs, .rowStep = s->strideHeight,
    .rows = s->filterHeight, .run = s->filterWidth * s->inputs,
    .windowRows = s->outHeight, .windowColumns = s->outWidth,
    .outputs = s->outputs, .outStep = s->outputs, .outRow = s->outWidth * s->outputs,
    .outImage = s->outHeight * s->outWidth * s->outputs,
    .winograd = isWinograd(s),
  };
  if (p.winograd) {
    p.windowRows /= 2;
    p.windowColumns /= 2;
    p.step *= 2;
    p.rowStep *= 2;
  }
  complete(&p, isFilterGradient);
  return p;
}

/* ======================================================= from images to planes, and back */

INLINE float *inPlane(float *plane, idx window, idx channelBlocks) {
  return plane + (window / WINDOWS * channelBlocks * WINDOWS + window % WINDOWS) * LANES;
}

/* B' d B of a row of tiles. */
SEPARATE void splitTiles(const struct plan *p, const float *image, float *planes, idx tile) {
  idx channels = p->channels, plane = p->inPlane;
  for (idx c = 0; c < p->windowColumns; c++, tile++, image += 2 * channels) {
    float *to = inPlane(planes, tile, blocks(channels));
    for (idx n = 0; n < channels; n += LANES, to += WINDOWS * LANES) {
      vec columns[4][4], out[4];
      UNROLL for (int j = 0; j < 4; j++) {
        const float *from = image + n + j * channels;
        OPAQUE(from);
        vec in[4];
        UNROLL for (int i = 0; i < 4; i++, from += p->row) in[i] = loadFours(from, channels - n);
        timesB(in[0], in[1], in[2], in[3], out);
        UNROLL for (int i = 0; i < 4; i++) columns[i][j] = out[i];
      }
      float *at = to;
      UNROLL for (int i = 0; i < 4; i++, at += 4 * plane) {
        timesB(columns[i][0], columns[i][1], columns[i][2], columns[i][3], out);
        OPAQUE(at);
        UNROLL for (int j = 0; j < 4; j++) STORE(at + j * plane, out[j]);
      }
    }
  }
}

/* A dy A' of a row of tiles. */
SEPARATE void splitGradients(const struct plan *p, const float *dy, float *planes, idx tile) {
  idx channels = p->outputs, plane = p->outPlane;
  for (idx c = 0; c < p->windowColumns; c++, tile++, dy += 2 * p->outStep) {
    float *to = inPlane(planes, tile, blocks(channels));
    for (idx n = 0; n < channels; n += LANES, to += WINDOWS * LANES) {
      vec columns[4][2], out[4];
      UNROLL for (int j = 0; j < 2; j++) {
        const float *from = dy + n + j * p->outStep;
        timesATransposed(loadFours(from, channels - n), loadFours(from + p->outRow, channels - n), out);
        UNROLL for (int i = 0; i < 4; i++) columns[i][j] = out[i];
      }
      float *at = to;
      UNROLL for (int i = 0; i < 4; i++, at += 4 * plane) {
        timesATransposed(columns[i][0], columns[i][1], out);
        OPAQUE(at);
        UNROLL for (int j = 0; j < 4; j++) STORE(at + j * plane, out[j]);
      }
    }
  }
}

/* A' m A of a row of tiles, m being the products of the 16 positions. */
SEPARATE void joinTiles(const struct plan *p, float *y, float *planes, idx tile) {
  idx channels = p->outputs, plane = p->outPlane, four = 4 * plane;
  for (idx c = 0; c < p->windowColumns; c++, tile++, y += 2 * p->outStep) {
    const float *from = inPlane(planes, tile, blocks(channels));
    for (idx n = 0; n < channels; n += LANES, from += WINDOWS * LANES) {
      vec columns[2][4], out[2];
      const float *at = from;
      UNROLL for (int j = 0; j < 4; j++, at += plane) {
        OPAQUE(at);
        timesA(LOAD(at), LOAD(at + four), LOAD(at + 2 * four), LOAD(at + 3 * four), out);
        columns[0][j] = out[0];
        columns[1][j] = out[1];
      }
      UNROLL for (int i = 0; i < 2; i++) {
        timesA(columns[i][0], columns[i][1], columns[i][2], columns[i][3], out);
        storeFours(y + n + i * p->outRow, oneNaN(out[0]), channels - n);
        storeFours(y + n + i * p->outRow + p->outStep, oneNaN(out[1]), channels - n);
      }
    }
  }
}

/* A row of windows by the definition. `window` is room for one of them. */
SEPARATE void splitWindows(const struct plan *p, const float *image, float *plane, idx at, float *window) {
  for (idx c = 0; c < p->windowColumns; c++, at++, image += p->step) {
    float *to = inPlane(plane, at, blocks(p->sum));
    const float *from = image;
    if (p->run % LANES == 0) {
      for (idx r = 0; r < p->rows; r++, from += p->row) {
        for (idx k = 0; k < p->run; k += LANES, to += WINDOWS * LANES) STORE(to, LOAD(from + k));
      }
      continue;
    }
    for (idx r = 0; r < p->rows; r++, from += p->row) {
      float *row = window + r * p->run;
      /* A framed image has room behind it, so whole vectors may be read there. */
      if (p->frameHeight) for (idx k = 0; k < p->run; k += LANES) STORE(row + k, LOAD(from + k));
      else for (idx k = 0; k < p->run; k++) row[k] = from[k];
    }
    for (idx k = 0; k < blocks(p->sum); k++, to += WINDOWS * LANES) STORE(to, LOAD(window + k * LANES));
  }
}

/* A row of outputs, or of their gradients, by the definition. */
SEPARATE void storeOutputs(const struct plan *p, float *y, float *plane, idx window) {
  for (idx c = 0; c < p->windowColumns; c++, window++, y += p->outStep) {
    const float *from = inPlane(plane, window, blocks(p->outputs));
    for (idx n = 0; n < p->outputs; n += LANES, from += WINDOWS * LANES) {
      store(y + n, oneNaN(LOAD(from)), p->outputs - n);
    }
  }
}
SEPARATE void loadGradients(const struct plan *p, const float *dy, float *plane, idx window) {
  for (idx c = 0; c < p->windowColumns; c++, window++, dy += p->outStep) {
    float *to = inPlane(plane, window, blocks(p->outputs));
    for (idx n = 0; n < p->outputs; n += LANES, to += WINDOWS * LANES) STORE(to, load(dy + n, p->outputs - n));
  }
}

/* ======================================================= a group of rows at a time */

/* What the threads share. */
struct job {
  const struct plan *plan;
  const float *x, *filter;
  float *y, *sums, *room;
  idx threads, from, to; /* groups */
  idx apart;             /* floats from one group's sums to the next; 0: all groups add to the same */
};
/* What each has for itself. */
struct place {
  float *frame, *window, *in, *out;
  idx framed; /* the image that is in the frame */
};

static struct place placeOf(const struct job *job, idx thread, idx cleared) {
  const struct plan *p = job->plan;
  float *frame = job->room + thread * p->room;
  float *window = frame + whole(p->frameHeight * p->row + LANES), *in = window + whole((blocks(p->sum) + 1) * LANES);
  clear(frame, cleared);
  return (struct place){ frame, window, in, in + p->positions * p->inPlane, -1 };
}

/* Where the outputs of a row of windows lie, counted over all images. */
INLINE float *outputsOf(const struct plan *p, float *y, idx row) {
  idx pixels = p->winograd ? 2 : 1;
  return y + row / p->windowRows * p->outImage + row % p->windowRows * p->outRow * pixels;
}

/* Takes a row of windows apart, to the place of the group's n-th row. */
static void splitRow(const struct plan *p, const float *x, struct place *m, idx row, idx n) {
  idx image = row / p->windowRows;
  const float *from = x + image * p->height * p->width * p->channels;
  if (p->frameHeight) {
    if (m->framed != image) {
      idx height = least(p->height, p->frameHeight - p->top);
      idx width = least(p->width, p->frameWidth - p->left) * p->channels;
      float *to = m->frame + p->top * p->row + p->left * p->channels;
      for (idx i = 0; i < height; i++) copy(to + i * p->row, from + i * p->width * p->channels, width);
      m->framed = image;
    }
    from = m->frame;
  }
  from += p->start + row % p->windowRows * p->rowStep;
  if (p->winograd) splitTiles(p, from, m->in, n * p->windowColumns);
  else splitWindows(p, from, m->in, n * p->windowColumns, m->window);
}

static void convolveGroups(const void *argument, idx thread) {
  const struct job *job = argument;
  const struct plan *p = job->plan;
  struct place m = placeOf(job, thread, p->frameHeight * p->row);
  idx columns = p->windowColumns, rows = p->groupRows, outBlocks = blocks(p->outputs);
  /* Products go to their place at once where they fill whole vectors and the filter stays in the cache. */
  int isAtOnce = !p->winograd && columns % WINDOWS == 0 && p->outputs % LANES == 0 && p->sum * p->outputs < 40000;
  for (idx g = p->groups * thread / job->threads; g < p->groups * (thread + 1) / job->threads; g++) {
    for (idx r = 0; r < rows; r++) {
      splitRow(p, job->x, &m, g * rows + r, r);
      if (!isAtOnce) continue;
      const float *in = m.in + r * columns * blocks(p->sum) * LANES;
      products(in, p->sum, job->filter, p->outputs, columns, outputsOf(p, job->y, g * rows + r), p->outStep, LANES,
               WINDOWS * p->outStep, 1);
    }
    if (isAtOnce) continue;
    for (idx i = 0; i < p->positions; i++) {
      const float *filter = job->filter + i * p->sum * outBlocks * LANES;
      products(m.in + i * p->inPlane, p->sum, filter, p->outputs, rows * columns, m.out + i * p->outPlane, LANES,
               WINDOWS * LANES, outBlocks * WINDOWS * LANES, 0);
    }
    for (idx r = 0; r < rows; r++) {
      float *y = outputsOf(p, job->y, g * rows + r);
      if (p->winograd) joinTiles(p, y, m.out, r * columns);
      else storeOutputs(p, y, m.out, r * columns);
    }
  }
}

static void sumGroups(const void *argument, idx thread) {
  const struct job *job = argument;
  struct plan part = *job->plan, *p = &part;
  struct place m = placeOf(job, thread, p->room); /* windows that fill up the last WINDOWS must add zeros */
  idx columns = p->windowColumns, rows = p->groupRows, outBlocks = blocks(p->outputs);
  idx row = outBlocks * LANES, size = blocks(p->sum) * LANES * row;
  idx first = job->from, end = job->to, firstOutput = 0;
  if (job->apart) { /* some of the groups, each with sums of its own */
    first = job->from + (job->to - job->from) * thread / job->threads;
    end = job->from + (job->to - job->from) * (thread + 1) / job->threads;
  } else { /* some of the outputs */
    firstOutput = outBlocks * thread / job->threads * LANES;
    p->outputs = least(p->outputs, outBlocks * (thread + 1) / job->threads * LANES) - firstOutput;
  }
  for (idx g = first; g < end; g++) {
    for (idx r = 0; r < rows; r++) {
      splitRow(p, job->x, &m, g * rows + r, r);
      const float *dy = outputsOf(p, job->y, g * rows + r) + firstOutput;
      if (p->winograd) splitGradients(p, dy, m.out, r * columns);
      else loadGradients(p, dy, m.out, r * columns);
    }
    float *sums = job->sums + (g - job->from) * job->apart + firstOutput;
    if (job->apart) clear(sums, p->positions * size);
    for (idx i = 0; i < p->positions; i++) {
      outerProducts(m.in + i * p->inPlane, p->sum, m.out + i * p->outPlane, p->outputs, sums + i * size, row,
                    rows * columns);
    }
  }
}

/* Adds sums that were kept apart to y, in the order of their groups. */
static void addGroups(const void *argument, idx thread) {
  const struct job *job = argument;
  idx size = job->apart / LANES;
  for (idx i = size * thread / job->threads; i < size * (thread + 1) / job->threads; i++) {
    vec sum = LOAD(job->y + i * LANES);
    for (idx g = 0; g < job->to - job->from; g++) sum += LOAD(job->sums + g * job->apart + i * LANES);
    STORE(job->y + i * LANES, sum);
  }
}

/* ======================================================= filters */

/* Floats of a filter as products read it: [positions][blocks of 2 vectors][sum][2 or 1][LANES]. */
INLINE idx packedSize(const struct plan *p) { return whole(p->positions * p->sum * blocks(p->outputs) * LANES); }

/* From [sum, outputs], or [3, 3, inputs, outputs] for Winograd, whose positions are G g G'. */
SEPARATE void packFilter(const struct plan *p, const float *filter, float *packed) {
  idx outBlocks = blocks(p->outputs), size = p->sum * outBlocks * LANES, tap = p->sum * p->outputs;
  for (idx b = 0, vectors; b < outBlocks; b += vectors) {
    vectors = least(2, outBlocks - b);
    for (idx k = 0; k < p->sum; k++) {
      for (idx v = 0; v < vectors; v++, packed += LANES) {
        idx first = (b + v) * LANES, count = p->outputs - first;
        const float *from = filter + k * p->outputs + first;
        if (!p->winograd) {
          STORE(packed, load(from, count));
          continue;
        }
        vec columns[4][3], out[4];
        UNROLL for (int j = 0; j < 3; j++) {
          const float *at = from + j * tap;
          timesG(loadFours(at, count), loadFours(at + 3 * tap, count), loadFours(at + 6 * tap, count), out);
          UNROLL for (int i = 0; i < 4; i++) columns[i][j] = out[i];
        }
        UNROLL for (int i = 0; i < 4; i++) {
          timesG(columns[i][0], columns[i][1], columns[i][2], out);
          UNROLL for (int j = 0; j < 4; j++) STORE(packed + (4 * i + j) * size, out[j]);
        }
      }
    }
  }
}

/* From sums [positions][sum, in whole vectors][outputs, in whole vectors] to the gradient by the filter. */
SEPARATE void unpackGradient(const struct plan *p, const float *sums, float *gradient) {
  idx row = blocks(p->outputs) * LANES, size = blocks(p->sum) * LANES * row, tap = p->sum * p->outputs;
  for (idx k = 0; k < p->sum; k++) {
    for (idx n = 0; n < p->outputs; n += LANES) {
      const float *from = sums + k * row + n;
      float *to = gradient + k * p->outputs + n;
      idx count = p->outputs - n;
      if (!p->winograd) {
        store(to, oneNaN(LOAD(from)), count);
        continue;
      }
      vec columns[3][4], out[3];
      UNROLL for (int j = 0; j < 4; j++) {
        const float *at = from + j * size;
        timesGTransposed(LOAD(at), LOAD(at + 4 * size), LOAD(at + 8 * size), LOAD(at + 12 * size), out);
        UNROLL for (int i = 0; i < 3; i++) columns[i][j] = out[i];
      }
      UNROLL for (int i = 0; i < 3; i++) {
        timesGTransposed(columns[i][0], columns[i][1], columns[i][2], columns[i][3], out);
        UNROLL for (int j = 0; j < 3; j++) store(to + (3 * i + j) * tap, oneNaN(out[j]), count);
      }
    }
  }
}

/* ======================================================= convolution and its gradients */

static idx forwardRoom(const struct plan *p, idx threads) {
  return packedSize(p) + least(threads, p->groups) * p->room + 16;
}

/* y = x * filter, or a part of an input's gradient. `filter` is [sum, outputs]. */
static void convolve(const struct plan *p, const float *x, const float *filter, float *y, float *room, idx threads) {
  room = aligned(room);
  packFilter(p, filter, room);
  struct job job = { p, x, room, y, 0, room + packedSize(p), least(threads, p->groups), 0, p->groups, 0 };
  parallel(job.threads, convolveGroups, &job);
}

EXPORT idx convolutionRoom(const struct shape *s, idx threads) {
  struct plan p = planOf(s, 0);
  return forwardRoom(&p, threads);
}

/* y = x * filter. filter: [filterHeight, filterWidth, inputs, outputs] */
EXPORT void convolution(const struct shape *s, const float *x, const float *filter, float *y, float *room,
                        idx threads) {
  struct plan p = planOf(s, 0);
  convolve(&p, x, filter, y, room, threads);
}

/*
 * How the threads share a filter's gradient: by blocks of outputs if each gets two; else by groups, of which each
 * has sums of its own, `wave` groups at a time.
 */
struct sharing {
  idx threads, size, wave; /* size: floats of all sums */
};
static struct sharing sharingOf(const struct plan *p, idx threads) {
  struct sharing s = { threads, whole(p->positions * blocks(p->sum) * LANES * blocks(p->outputs) * LANES), 0 };
  if (threads > 1 && blocks(p->outputs) < 2 * threads) {
    s.threads = least(threads, p->groups);
    s.wave = least(p->groups, most(s.threads, (1 << 23) / s.size));
  }
  return s;
}

EXPORT idx filterGradientRoom(const struct shape *s, idx threads) {
  struct plan p = planOf(s, 1);
  struct sharing sharing = sharingOf(&p, threads);
  return (1 + sharing.wave) * sharing.size + sharing.threads * p.room + 16;
}

/* dfilter = sum over images and windows of x * dy */
EXPORT void filterGradient(const struct shape *s, const float *x, const float *dy, float *dfilter, float *room,
                           idx threads) {
  struct plan p = planOf(s, 1);
  struct sharing sharing = sharingOf(&p, threads);
  float *sums = aligned(room), *apart = sums + sharing.size;
  clear(sums, sharing.size);
  struct job job = {
    .plan = &p, .x = x, .y = (float *)dy, .sums = sharing.wave ? apart : sums,
    .room = apart + sharing.wave * sharing.size, .threads = sharing.threads,
    .apart = sharing.wave ? sharing.size : 0,
  };
  for (; job.from < p.groups; job.from = job.to) {
    job.to = sharing.wave ? least(job.from + sharing.wave, p.groups) : p.groups;
    parallel(job.threads, sumGroups, &job);
    if (!sharing.wave) continue;
    struct job adding = job;
    adding.y = sums;
    parallel(job.threads, addGroups, &adding);
  }
  unpackGradient(&p, sums, dfilter);
}

/*
 * Along one axis, the inputs that lie `phase` after a multiple of the stride meet the same taps of the filter:
 * dx[stride * m + phase] gets dy[m + offset] * filter[tap], and the same for the tap `stride` before, one output
 * later, and so on.
 */
struct phase {
  idx phase, count, taps, lastTap, offset;
};

/* @returns how many phases meet a tap. `before`: zeros that are needed before dy; `size`: of dy with all its zeros. */
static idx phasesOf(struct phase *found, idx in, idx out, idx taps, idx stride, idx padding, idx *before, idx *size) {
  idx count = 0, end = out;
  *before = 0;
  for (idx phase = 0; phase < least(stride, in); phase++) {
    idx first = (phase + padding) % stride;
    if (first >= taps) continue;
    struct phase a = { phase, (in - phase + stride - 1) / stride, (taps - 1 - first) / stride + 1, 0, 0 };
    a.lastTap = first + (a.taps - 1) * stride;
    a.offset = (phase + padding - a.lastTap) / stride;
    *before = most(*before, -a.offset);
    end = most(end, a.count + a.offset + a.taps - 1);
    found[count++] = a;
  }
  *size = *before + end;
  return count;
}

/* With a stride of s, s * s dense convolutions of dy, each with some taps of the filter, transposed. */
enum { MOST_PHASES = 16 };
struct inputPlan {
  struct phase rows[MOST_PHASES], columns[MOST_PHASES];
  idx rowPhases, columnPhases, top, left, height, width;
};

static struct inputPlan inputPlanOf(const struct shape *s) {
  struct inputPlan i;
  i.rowPhases =
      phasesOf(i.rows, s->inHeight, s->outHeight, s->filterHeight, s->strideHeight, s->top, &i.top, &i.height);
  i.columnPhases =
      phasesOf(i.columns, s->inWidth, s->outWidth, s->filterWidth, s->strideWidth, s->left, &i.left, &i.width);
  return i;
}

static struct plan planOfPhase(const struct shape *s, const struct inputPlan *i, struct phase r, struct phase c) {
  if (isWinograd(s)) { /* dy * filter, turned */
    struct shape turned = {
      s->batch, s->outHeight, s->outWidth, s->outputs, s->inHeight, s->inWidth, s->inputs, 3, 3, 1, 1, 2 - s->top,
      2 - s->left,
    };
    return planOf(&turned, 0);
  }
  struct plan p = {
    .images = s->batch, .height = s->outHeight, .width = s->outWidth, .channels = s->outputs,
    .top = i->top, .left = i->left, .frameHeight = i->height, .frameWidth = i->width,
    .step = s->outputs, .rowStep = 1, .rows = r.taps, .run = c.taps * s->outputs,
    .windowRows = r.count, .windowColumns = c.count,
    .outputs = s->inputs, .outStep = s->strideWidth * s->inputs, .outRow = s->strideHeight * s->inWidth * s->inputs,
    .outImage = s->inHeight * s->inWidth * s->inputs,
  };
  complete(&p, 0);
  p.start = (i->top + r.offset) * p.row + (i->left + c.offset) * s->outputs;
  return p;
}

INLINE idx transposedSize(const struct shape *s, struct phase r, struct phase c) {
  return whole(r.taps * c.taps * s->outputs * s->inputs);
}

EXPORT idx inputGradientRoom(const struct shape *s, idx threads) {
  struct inputPlan all = inputPlanOf(s);
  idx room = 0;
  for (idx i = 0; i < all.rowPhases; i++) {
    for (idx j = 0; j < all.columnPhases; j++) {
      struct plan p = planOfPhase(s, &all, all.rows[i], all.columns[j]);
      room = most(room, transposedSize(s, all.rows[i], all.columns[j]) + 16 + forwardRoom(&p, threads));
    }
  }
  return room;
}

/* dx = dy * filter, transposed. Strides of at most MOST_PHASES. */
EXPORT void inputGradient(const struct shape *s, const float *dy, const float *filter, float *dx, float *room,
                          idx threads) {
  struct inputPlan all = inputPlanOf(s);
  float *transposed = aligned(room);
  idx inputs = s->inputs, outputs = s->outputs;
  idx allPhases = least(s->strideHeight, s->inHeight) * least(s->strideWidth, s->inWidth);
  if (all.rowPhases * all.columnPhases < allPhases) clear(dx, (idx)s->batch * s->inHeight * s->inWidth * inputs);
  for (idx i = 0; i < all.rowPhases; i++) {
    for (idx j = 0; j < all.columnPhases; j++) {
      struct phase r = all.rows[i], c = all.columns[j];
      struct plan p = planOfPhase(s, &all, r, c);
      float *to = transposed;
      for (idx a = 0; a < r.taps; a++) {
        for (idx b = 0; b < c.taps; b++, to += outputs * inputs) {
          idx tap = (r.lastTap - a * s->strideHeight) * s->filterWidth + c.lastTap - b * s->strideWidth;
          const float *from = filter + tap * inputs * outputs;
          for (idx o = 0; o < outputs; o++) for (idx n = 0; n < inputs; n++) to[o * inputs + n] = from[n * outputs + o];
        }
      }
      float *first = dx + (r.phase * s->inWidth + c.phase) * inputs;
      convolve(&p, dy, transposed, first, transposed + transposedSize(s, r, c), threads);
    }
  }
}

/* ======================================================= batch normalization
 *
 * Activations are a matrix of one row a pixel and one column a channel.
 */

/*
 * PART OF THE NUMERICAL DEFINITION: so many rows are summed up in float32, and these sums in float64.
 */
enum { PART_ROWS = 128 };

struct rows {
  const float *x, *y, *dy;
  const float *mean, *scale, *slope, *offset;
  float *out; /* a matrix, or the sums of each part: [parts][1 or 2][channels] */
  idx rows, channels, relu, threads;
};

/* What is summed up: x; (x - mean)^2; dz, and dz * (x - mean) */
enum what { VALUES, SQUARES, GRADIENTS };

/* dz: dy where the ReLU let y pass */
INLINE vec passed(const struct rows *r, idx at, idx count, const int isWhole) {
  vec dy = isWhole ? LOAD(r->dy + at) : load(r->dy + at, count);
  if (!r->relu) return dy;
  return keep((isWhole ? LOAD(r->y + at) : load(r->y + at, count)) > ZERO, dy);
}

/* The sums of a part, for N vectors of channels from `channel` on; isWhole: all of them are whole. */
INLINE void sumColumns(const struct rows *r, idx part, idx channel, const enum what what, const int N, const int isWhole) {
  idx channels = r->channels, count = channels - channel;
  vec sums[4], products[4], mean[4];
  UNROLL for (int v = 0; v < N; v++) {
    sums[v] = products[v] = ZERO;
    if (what != VALUES) mean[v] = load(r->mean + channel + v * LANES, count - v * LANES);
  }
  idx end = least(r->rows, (part + 1) * PART_ROWS);
  for (idx row = part * PART_ROWS; row < end; row++) {
    UNROLL for (int v = 0; v < N; v++) {
      idx at = row * channels + channel + v * LANES;
      vec x = isWhole ? LOAD(r->x + at) : load(r->x + at, count);
      vec centered = what == VALUES ? x : x - mean[v];
      if (what == VALUES) sums[v] = sums[v] + x;
      if (what == SQUARES) sums[v] = FMA(centered, centered, sums[v]);
      if (what == GRADIENTS) {
        vec dz = passed(r, at, count, isWhole);
        sums[v] = sums[v] + dz;
        products[v] = FMA(dz, centered, products[v]);
      }
    }
  }
  float *to = r->out + part * (what == GRADIENTS ? 2 : 1) * channels + channel;
  UNROLL for (int v = 0; v < N; v++) {
    store(to + v * LANES, sums[v], count - v * LANES);
    if (what == GRADIENTS) store(to + channels + v * LANES, products[v], count - v * LANES);
  }
}

INLINE void sumParts(const struct rows *r, idx thread, const enum what what) {
  idx parts = (r->rows + PART_ROWS - 1) / PART_ROWS, channels = r->channels;
  for (idx part = parts * thread / r->threads; part < parts * (thread + 1) / r->threads; part++) {
    idx c = 0;
    for (; c + 4 * LANES <= channels; c += 4 * LANES) sumColumns(r, part, c, what, 4, 1);
    for (; c + 2 * LANES <= channels; c += 2 * LANES) sumColumns(r, part, c, what, 2, 1);
    for (; c + LANES <= channels; c += LANES) sumColumns(r, part, c, what, 1, 1);
    if (c < channels) sumColumns(r, part, c, what, 1, 0);
  }
}
static void sumValues(const void *job, idx thread) { sumParts(job, thread, VALUES); }
static void sumSquares(const void *job, idx thread) { sumParts(job, thread, SQUARES); }
static void sumGradients(const void *job, idx thread) { sumParts(job, thread, GRADIENTS); }

/* totals = the parts' sums, one after the other, in float64 */
INLINE void addParts(const struct rows *r, idx columns, double *totals) {
  idx parts = (r->rows + PART_ROWS - 1) / PART_ROWS;
  for (idx c = 0; c < columns; c++) totals[c] = 0;
  for (idx part = 0; part < parts; part++) {
    for (idx c = 0; c < columns; c++) totals[c] += r->out[part * columns + c];
  }
  for (idx c = 0; c < columns; c++) if (totals[c] != totals[c]) totals[c] = __builtin_nan("");
}

/* Floats that the sums need, for `results` sums a channel. */
EXPORT idx sumsRoom(idx rows, idx channels, idx results) {
  return (rows + PART_ROWS - 1) / PART_ROWS * channels * results;
}

/* totals[c] = sum of x, or of (x - mean)^2 */
EXPORT void channelSums(const float *x, const float *mean, double *totals, float *room, idx rows, idx channels,
                        idx squares, idx threads) {
  struct rows r = { .x = x, .mean = mean, .out = room, .rows = rows, .channels = channels };
  r.threads = worthwhile(threads, rows * channels);
  parallel(r.threads, squares ? sumSquares : sumValues, &r);
  addParts(&r, channels, totals);
}

/* totals[0, c] = sum of dz, totals[1, c] = sum of dz * (x - mean) */
EXPORT void channelGradients(const float *x, const float *y, const float *dy, const float *mean, double *totals,
                             float *room, idx rows, idx channels, idx relu, idx threads) {
  struct rows r = { .x = x, .y = y, .dy = dy, .mean = mean, .out = room, .rows = rows, .channels = channels };
  r.relu = relu;
  r.threads = worthwhile(threads, rows * channels);
  parallel(r.threads, sumGradients, &r);
  addParts(&r, 2 * channels, totals);
}

/* y = (x - mean) * scale + offset, and ReLU; or, with dy, dz * scale + (x - mean) * slope + offset */
INLINE void mapColumns(const struct rows *r, idx from, idx to, idx channel, const int isGradient, const int N,
                       const int isWhole) {
  idx channels = r->channels, count = channels - channel;
  vec mean[4], scale[4], slope[4], offset[4];
  UNROLL for (int v = 0; v < N; v++) {
    idx c = channel + v * LANES, left = count - v * LANES;
    mean[v] = load(r->mean + c, left);
    scale[v] = load(r->scale + c, left);
    if (isGradient) slope[v] = load(r->slope + c, left);
    offset[v] = load(r->offset + c, left);
  }
  for (idx row = from; row < to; row++) {
    UNROLL for (int v = 0; v < N; v++) {
      idx at = row * channels + channel + v * LANES;
      vec centered = (isWhole ? LOAD(r->x + at) : load(r->x + at, count)) - mean[v], out;
      if (isGradient) {
        out = FMA(passed(r, at, count, isWhole), scale[v], FMA(centered, slope[v], offset[v]));
      } else {
        out = FMA(centered, scale[v], offset[v]);
        if (r->relu) out = reluOf(out);
      }
      if (isWhole) STORE(r->out + at, oneNaN(out));
      else store(r->out + at, oneNaN(out), count);
    }
  }
}

INLINE void mapRows(const struct rows *r, idx thread, const int isGradient) {
  enum { TOGETHER = 2 }; /* more vectors of channels would not fit into sixteen registers */
  idx channels = r->channels, last = r->rows * (thread + 1) / r->threads;
  for (idx from = r->rows * thread / r->threads; from < last; from += PART_ROWS) {
    idx to = least(last, from + PART_ROWS), c = 0;
    if (!isGradient) for (; c + 4 * LANES <= channels; c += 4 * LANES) mapColumns(r, from, to, c, 0, 4, 1);
    for (; c + TOGETHER * LANES <= channels; c += TOGETHER * LANES) mapColumns(r, from, to, c, isGradient, TOGETHER, 1);
    for (; c + LANES <= channels; c += LANES) mapColumns(r, from, to, c, isGradient, 1, 1);
    if (c < channels) mapColumns(r, from, to, c, isGradient, 1, 0);
  }
}
static void mapValues(const void *job, idx thread) { mapRows(job, thread, 0); }
static void mapGradients(const void *job, idx thread) { mapRows(job, thread, 1); }

/* y = (x - mean) * scale + offset, and ReLU */
EXPORT void normalize(const float *x, const float *mean, const float *scale, const float *offset, float *y, idx rows,
                      idx channels, idx relu, idx threads) {
  struct rows r = { .x = x, .mean = mean, .scale = scale, .offset = offset, .out = y, .rows = rows };
  r.channels = channels;
  r.relu = relu;
  r.threads = worthwhile(threads, rows * channels);
  parallel(r.threads, mapValues, &r);
}

/* dx = dz * scale + (x - mean) * slope + offset; the four vectors follow one another from `mean` on */
EXPORT void normalizeGradient(const float *x, const float *y, const float *dy, const float *mean,
                              const float *factors, float *dx, idx rows, idx channels, idx relu, idx threads) {
  struct rows r = { .x = x, .y = y, .dy = dy, .mean = mean, .out = dx, .rows = rows, .channels = channels };
  r.scale = factors;
  r.slope = factors + channels;
  r.offset = factors + 2 * channels;
  r.relu = relu;
  r.threads = worthwhile(threads, rows * channels);
  parallel(r.threads, mapGradients, &r);
}

/* ======================================================= number by number */

struct pairs {
  const float *a, *b;
  float *y;
  idx size, threads;
};

INLINE void eachPair(const struct pairs *p, idx thread, const int isGradient) {
  idx vectors = blocks(p->size), end = vectors * (thread + 1) / p->threads * LANES;
  for (idx n = vectors * thread / p->threads * LANES; n < end; n += LANES) {
    vec a = load(p->a + n, p->size - n), b = load(p->b + n, p->size - n);
    vec y = isGradient ? keep(b > ZERO, a) : reluOf(a + b);
    store(p->y + n, oneNaN(y), p->size - n);
  }
}
static void addPairs(const void *job, idx thread) { eachPair(job, thread, 0); }
static void maskPairs(const void *job, idx thread) { eachPair(job, thread, 1); }

/* y = max(0, a + b): the end of a residual block */
EXPORT void addRelu(const float *a, const float *b, float *y, idx size, idx threads) {
  struct pairs p = { a, b, y, size, worthwhile(threads, size) };
  parallel(p.threads, addPairs, &p);
}

/* dz = dy where y > 0, else 0 */
EXPORT void reluGradient(const float *dy, const float *y, float *dz, idx size, idx threads) {
  struct pairs p = { dy, y, dz, size, worthwhile(threads, size) };
  parallel(p.threads, maskPairs, &p);
}

/* ======================================================= max pooling */

/* Each dy goes to the first input of its window that is the maximum. */
EXPORT void maxPoolGradient(const struct shape *s, const float *x, const float *y, const float *dy, float *dx) {
  idx channels = s->inputs, row = s->inWidth * channels, image = s->inHeight * row;
  clear(dx, s->batch * image);
  for (idx n = 0; n < (idx)s->batch * s->outHeight * s->outWidth; n++, y += channels, dy += channels) {
    idx top = n / s->outWidth % s->outHeight * s->strideHeight - s->top;
    idx left = n % s->outWidth * s->strideWidth - s->left;
    idx lastRow = least(s->inHeight, top + s->filterHeight), lastColumn = least(s->inWidth, left + s->filterWidth);
    idx start = n / (s->outHeight * s->outWidth) * image;
    for (idx c = 0; c < channels; c += LANES) {
      idx count = channels - c;
      vec largest = load(y + c, count), given = load(dy + c, count);
      for (idx i = most(0, top); i < lastRow; i++) {
        for (idx j = most(0, left); j < lastColumn; j++) {
          idx at = start + i * row + j * channels + c;
          bits met = load(x + at, count) == largest;
          store(dx + at, oneNaN(load(dx + at, count) + keep(met, given)), count);
          given = keep(~met, given);
        }
      }
    }
  }
}

/* ======================================================= the optimizer */

/*
 * v' = momentum * v + scale * g + decay * w, w' = w - rate * v'. `scalars`: momentum, scale, decay, -rate.
 * PART OF THE NUMERICAL DEFINITION: float32 up to the last multiple of four, float64 behind it.
 */
EXPORT void sgdStep(const double *scalars, const float *w, const float *v, const float *g, float *nextW, float *nextV,
                    idx size) {
  double momentum = scalars[0], scale = scalars[1], decay = scalars[2], minusRate = scalars[3];
  vec m = SPLAT((float)momentum), s = SPLAT((float)scale), d = SPLAT((float)decay), r = SPLAT((float)minusRate);
  idx fours = size / 4 * 4;
  for (idx n = 0; n < fours; n += LANES) {
    idx count = fours - n;
    vec weight = load(w + n, count);
    vec velocity = FMA(m, load(v + n, count), FMA(d, weight, s * load(g + n, count)));
    store(nextV + n, oneNaN(velocity), count);
    store(nextW + n, oneNaN(FMA(r, velocity, weight)), count);
  }
  for (idx n = fours; n < size; n++) {
    nextV[n] = (float)(momentum * v[n] + scale * g[n] + decay * w[n]);
    nextW[n] = (float)(w[n] + minusRate * nextV[n]);
  }
}

#ifdef __wasm__
/* One multiply-add that is 0 if it rounds the product first: see `isFused` in `functions.ts`. */
EXPORT void multiplyAdd(const float *abc, float *out) { STORE(out, FMA(LOAD(abc), LOAD(abc + 4), LOAD(abc + 8))); }
#endif
