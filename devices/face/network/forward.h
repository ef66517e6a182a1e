// The forward pass of dlib's face recognition network (a ResNet of 29
// convolutions), as direct convolutions over a blocked layout.
//
// Each path includes this file once, with LANES (channels in a vector register),
// WIDE (32 registers rather than 16) and PATH (its name) defined. Nothing of the
// C++ library is used and everything is in an unnamed namespace: an inline function
// shared between paths would be compiled for one instruction set and run on another.
//
// Layout: channels stand in blocks of LANES; a block is a picture whose pixels are
// vectors. The innermost loop multiplies one pixel's one channel, broadcast, with
// the weights of LANES output channels, and keeps a tile of outputs in registers.
#include <stddef.h>
#include <stdint.h>

#include "network.h"

#define UNROLL _Pragma("GCC unroll 32")
#define INLINE inline __attribute__((always_inline))

namespace {

typedef float lanes __attribute__((vector_size(LANES * sizeof(float))));

// activation is a layer's output: SIDE×SIDE pixels with a border of zeros, which
// is the padding the next convolution wants.
template <int CHANNELS, int SIDE, int BORDER> struct activation {
	static constexpr int side = SIDE, pitch = SIDE + 2 * BORDER, blocks = CHANNELS / LANES;
	lanes pixels[blocks][pitch * pitch];

	INLINE lanes &at(int block, int y, int x) { return pixels[block][(y + BORDER) * pitch + x + BORDER]; }
	INLINE const lanes &at(int block, int y, int x) const { return pixels[block][(y + BORDER) * pitch + x + BORDER]; }
};

// convolution holds the weights of a 3×3 convolution; for a block of outputs
// and a block of inputs, nine times LANES vectors.
template <int OUTPUTS, int INPUTS> struct convolution {
	lanes weights[OUTPUTS / LANES][INPUTS / LANES][9][LANES];
	lanes biases[OUTPUTS / LANES];

	void pack(const ting_layer &from) {
		const float *w = from.weights;
		for (int o = 0; o < OUTPUTS; o++)
			for (int i = 0; i < INPUTS; i++)
				for (int k = 0; k < 9; k++) weights[o / LANES][i / LANES][k][i % LANES][o % LANES] = *w++;
		for (int o = 0; o < OUTPUTS; o++) biases[o / LANES][o % LANES] = from.biases[o];
	}
};

// entry_convolution is the first one, 7×7 over RGB. A row of its window is 21
// numbers that lie side by side in the picture.
struct entry_convolution {
	static constexpr int outputs = 32, inputs = 3, size = 7;
	lanes weights[outputs / LANES][size][size * inputs];
	lanes biases[outputs / LANES];

	void pack(const ting_layer &from) {
		const float *w = from.weights;
		for (int o = 0; o < outputs; o++)
			for (int i = 0; i < inputs; i++)
				for (int y = 0; y < size; y++)
					for (int x = 0; x < size; x++) weights[o / LANES][y][x * inputs + i][o % LANES] = *w++;
		for (int o = 0; o < outputs; o++) biases[o / LANES][o % LANES] = from.biases[o];
	}
};

// residual adds what came in to what two convolutions make of it; halving does
// so at half the size, to the mean of each 2×2 pixels.
template <int CHANNELS> struct residual {
	convolution<CHANNELS, CHANNELS> first, second;
};
template <int OUTPUTS, int INPUTS> struct halving {
	convolution<OUTPUTS, INPUTS> first;
	convolution<OUTPUTS, OUTPUTS> second;
};

constexpr int features = 256, dimensions = 128;

struct packed_weights {
	entry_convolution entry;
	residual<32> level4[3];
	halving<64, 32> into3;
	residual<64> level3[3];
	halving<128, 64> into2;
	residual<128> level2[2];
	halving<256, 128> into1;
	residual<256> level1[2];
	halving<256, 256> into0;
	lanes projection[features][dimensions / LANES];
};

// walk calls f with the index and the place of every convolution in order of use.
template <class F> void walk(packed_weights &w, F &f) {
	int i = 0;
	auto two = [&](auto &block) {
		f(i++, block.first);
		f(i++, block.second);
	};
	f(i++, w.entry);
	for (auto &block : w.level4) two(block);
	two(w.into3);
	for (auto &block : w.level3) two(block);
	two(w.into2);
	for (auto &block : w.level2) two(block);
	two(w.into1);
	for (auto &block : w.level1) two(block);
	two(w.into0);
}

constexpr int chip_side = 150;

struct scratch_memory {
	alignas(64) float picture[chip_side * chip_side * 3 + 64];
	activation<32, 72, 0> entry;
	activation<32, 35, 1> a35, b35, t35;
	activation<64, 17, 1> a17, b17, t17;
	activation<128, 8, 1> a8, b8, t8;
	activation<256, 4, 1> a4, b4, t4;
	activation<256, 3, 1> t3, u3;
	activation<256, 1, 1> t1, u1;
	activation<256, 2, 0> a2;
};

INLINE lanes broadcast(float f) { return f - lanes{}; }
INLINE lanes positive(lanes v) { return v > 0 ? v : lanes{}; }

// tile is how much a convolution computes at once: BLOCKS blocks of channels of
// ROWS×COLUMNS pixels, each a register.
template <int BLOCKS, int ROWS, int COLUMNS> struct tile {
	static constexpr int blocks = BLOCKS, rows = ROWS, columns = COLUMNS;
};

enum class rectify { no, yes };

// convolve computes out = conv(in) (+ add), at stride 1 with a padding of one
// pixel or at stride 2 with none, as dlib does.
template <class T, int STRIDE, class In, class Conv, class Out>
void convolve(const In &in, const Conv &conv, Out &out, const Out *add, rectify r) {
	constexpr int padding = STRIDE == 1 ? 1 : 0;
	constexpr int side = Out::side;
	static_assert(T::rows <= side && T::columns <= side && Out::blocks % T::blocks == 0, "the tile does not fit");
	for (int block = 0; block < Out::blocks; block += T::blocks) {
		for (int y0 = 0; y0 < side; y0 += T::rows) {
			const int y = y0 + T::rows > side ? side - T::rows : y0; // the last tile overlaps the one before
			for (int x0 = 0; x0 < side; x0 += T::columns) {
				const int x = x0 + T::columns > side ? side - T::columns : x0;
				lanes sum[T::blocks][T::rows][T::columns];
				UNROLL for (int b = 0; b < T::blocks; b++)
					UNROLL for (int i = 0; i < T::rows; i++)
						UNROLL for (int j = 0; j < T::columns; j++) sum[b][i][j] = conv.biases[block + b];
				for (int from = 0; from < In::blocks; from++) {
					const lanes *window = &in.at(from, y * STRIDE - padding, x * STRIDE - padding);
					for (int ky = 0; ky < 3; ky++)
						for (int kx = 0; kx < 3; kx++) {
							const float *pixel = reinterpret_cast<const float *>(window + ky * In::pitch + kx);
							_Pragma("GCC unroll 2") for (int channel = 0; channel < LANES; channel++) {
								lanes weight[T::blocks];
								UNROLL for (int b = 0; b < T::blocks; b++)
									weight[b] = conv.weights[block + b][from][ky * 3 + kx][channel];
								UNROLL for (int i = 0; i < T::rows; i++)
									UNROLL for (int j = 0; j < T::columns; j++) {
										const lanes v = broadcast(pixel[(i * STRIDE * In::pitch + j * STRIDE) * LANES + channel]);
										UNROLL for (int b = 0; b < T::blocks; b++) sum[b][i][j] += weight[b] * v;
									}
							}
						}
				}
				UNROLL for (int b = 0; b < T::blocks; b++)
					UNROLL for (int i = 0; i < T::rows; i++)
						UNROLL for (int j = 0; j < T::columns; j++) {
							lanes v = sum[b][i][j];
							if (add) v += add->at(block + b, y + i, x + j);
							out.at(block + b, y + i, x + j) = r == rectify::yes ? positive(v) : v;
						}
			}
		}
	}
}

// enter runs the first convolution, 7×7 at stride 2 without padding, rectified.
void enter(const float *picture, const entry_convolution &conv, activation<32, 72, 0> &out) {
	constexpr int columns = WIDE ? 12 : 6, blocks = 2;
	for (int block = 0; block < out.blocks; block += blocks)
		for (int y = 0; y < out.side; y++)
			for (int x = 0; x < out.side; x += columns) {
				lanes sum[blocks][columns];
				UNROLL for (int b = 0; b < blocks; b++)
					UNROLL for (int j = 0; j < columns; j++) sum[b][j] = conv.biases[block + b];
				for (int ky = 0; ky < conv.size; ky++) {
					const float *row = picture + ((y * 2 + ky) * chip_side + x * 2) * 3;
					for (int k = 0; k < conv.size * conv.inputs; k++) {
						lanes weight[blocks];
						UNROLL for (int b = 0; b < blocks; b++) weight[b] = conv.weights[block + b][ky][k];
						UNROLL for (int j = 0; j < columns; j++) {
							const lanes v = broadcast(row[j * 6 + k]);
							UNROLL for (int b = 0; b < blocks; b++) sum[b][j] += weight[b] * v;
						}
					}
				}
				UNROLL for (int b = 0; b < blocks; b++)
					UNROLL for (int j = 0; j < columns; j++) out.at(block + b, y, x + j) = positive(sum[b][j]);
			}
}

// max_pool takes the greatest of each 3×3 pixels, at stride 2.
template <class In, class Out> void max_pool(const In &in, Out &out) {
	for (int b = 0; b < Out::blocks; b++)
		for (int y = 0; y < Out::side; y++)
			for (int x = 0; x < Out::side; x++) {
				lanes most = in.at(b, 2 * y, 2 * x);
				for (int i = 0; i < 3; i++)
					for (int j = 0; j < 3; j++) {
						const lanes v = in.at(b, 2 * y + i, 2 * x + j);
						most = v > most ? v : most;
					}
				out.at(b, y, x) = most;
			}
}

// join computes relu(mean of each 2×2 of in + branch). Where the branch is
// smaller, or in has fewer channels, zeros stand for what is missing.
template <class In, class Branch, class Out> void join(const In &in, const Branch &branch, Out &out) {
	for (int b = 0; b < Out::blocks; b++)
		for (int y = 0; y < Out::side; y++)
			for (int x = 0; x < Out::side; x++) {
				lanes v = {};
				if (y < Branch::side && x < Branch::side) v = branch.at(b, y, x);
				if (b < In::blocks)
					v += 0.25f * (in.at(b, 2 * y, 2 * x) + in.at(b, 2 * y, 2 * x + 1) +
						in.at(b, 2 * y + 1, 2 * x) + in.at(b, 2 * y + 1, 2 * x + 1));
				out.at(b, y, x) = positive(v);
			}
}

// repeat runs residual blocks one after the other. The result is in a.
template <class T, int CHANNELS, int N, class A>
void repeat(const residual<CHANNELS> (&blocks)[N], A &a, A &b, A &t) {
	A *in = &a, *out = &b;
	for (int i = 0; i < N; i++) {
		convolve<T, 1>(*in, blocks[i].first, t, static_cast<const A *>(nullptr), rectify::yes);
		convolve<T, 1>(t, blocks[i].second, *out, in, rectify::yes);
		A *swap = in;
		in = out;
		out = swap;
	}
	if (in != &a) a = *in;
}

// halve runs a halving block: in to out, over t and u.
template <class Down, class T, class Block, class In, class Branch, class Out>
void halve(const Block &block, const In &in, Branch &t, Branch &u, Out &out) {
	convolve<Down, 2>(in, block.first, t, static_cast<const Branch *>(nullptr), rectify::yes);
	convolve<T, 1>(t, block.second, u, static_cast<const Branch *>(nullptr), rectify::no);
	join(in, u, out);
}

void describe(const void *packed, void *scratch, const uint8_t *chip, float *descriptor) {
	const packed_weights &w = *static_cast<const packed_weights *>(packed);
	scratch_memory &s = *static_cast<scratch_memory *>(scratch);

	const float mean[3] = {122.782f, 117.001f, 104.298f}; // of the training set, as dlib subtracts it
	for (int i = 0; i < chip_side * chip_side; i++)
		for (int c = 0; c < 3; c++) s.picture[3 * i + c] = (chip[3 * i + c] - mean[c]) * (1 / 256.0f);

	// Tiles fill the registers: about 24 sums of 32, or 12 of 16.
	using tile35 = tile<2, 1, WIDE ? 12 : 6>;
	using tile17 = tile<2, 1, WIDE ? 9 : 6>;
	using tile8 = tile<1, WIDE ? 3 : 1, 8>;
	using tile4 = tile<1, WIDE ? 4 : 2, 4>;
	using tile3 = tile<WIDE ? 2 : 1, 3, 3>;
	using tile1 = tile<8, 1, 1>;

	enter(s.picture, w.entry, s.entry);
	max_pool(s.entry, s.a35);
	repeat<tile35>(w.level4, s.a35, s.b35, s.t35);
	halve<tile17, tile17>(w.into3, s.a35, s.t17, s.b17, s.a17);
	repeat<tile17>(w.level3, s.a17, s.b17, s.t17);
	halve<tile8, tile8>(w.into2, s.a17, s.t8, s.b8, s.a8);
	repeat<tile8>(w.level2, s.a8, s.b8, s.t8);
	halve<tile3, tile3>(w.into1, s.a8, s.t3, s.u3, s.a4);
	repeat<tile4>(w.level1, s.a4, s.b4, s.t4);
	halve<tile1, tile1>(w.into0, s.a4, s.t1, s.u1, s.a2);

	lanes sum[dimensions / LANES] = {};
	for (int f = 0; f < features; f++) {
		float mean_of_four = 0;
		for (int y = 0; y < 2; y++)
			for (int x = 0; x < 2; x++) mean_of_four += 0.25f * s.a2.at(f / LANES, y, x)[f % LANES];
		for (int d = 0; d < dimensions / LANES; d++) sum[d] += mean_of_four * w.projection[f][d];
	}
	for (int d = 0; d < dimensions; d++) descriptor[d] = sum[d / LANES][d % LANES];
}

struct packing {
	int wanted;
	const ting_layer *from;
	template <class Conv> void operator()(int i, Conv &to) {
		if (i == wanted) to.pack(*from);
	}
};

void pack(void *packed, int i, const ting_layer *layer) {
	packing p = {i, layer};
	walk(*static_cast<packed_weights *>(packed), p);
}

void pack_projection(void *packed, const float *projection) {
	packed_weights &w = *static_cast<packed_weights *>(packed);
	for (int f = 0; f < features; f++)
		for (int d = 0; d < dimensions; d++) w.projection[f][d / LANES][d % LANES] = *projection++;
}

// Enough sums that no addition waits for the one before it.
constexpr int chains = 12;

float peak(int rounds) {
	lanes sum[chains] = {}, factor = broadcast(0.999f), term = broadcast(0.001f);
	for (int r = 0; r < rounds; r++) {
		asm volatile("" : "+m"(factor), "+m"(term)); // nothing is known of them from round to round
		_Pragma("GCC unroll 12") for (int i = 0; i < chains; i++) sum[i] = sum[i] * factor + term;
	}
	float all = 0;
	for (int i = 0; i < chains; i++) all += sum[i][0];
	return all;
}

} // namespace

extern "C" const ting_path PATH = {
	sizeof(packed_weights), sizeof(scratch_memory), pack, pack_projection, describe, peak, 2 * chains * LANES,
};
