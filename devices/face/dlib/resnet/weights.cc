// Reading the network's weights, and folding each affine layer into the
// convolution before it: gamma·(W·x + b) + beta = (gamma·W)·x + (gamma·b + beta).
#include <memory>
#include <stdexcept>
#include <vector>

#include "net.h"

struct ting_weights {
	struct convolution {
		int outputs, inputs, size;
		std::vector<float> weights, biases;
	};
	std::vector<convolution> convolutions; // in order of use
	std::vector<float> projection;
};

namespace {

// collector walks the net from its output to its input, which is dlib's order.
struct collector {
	struct affine {
		std::vector<float> gamma, beta;
	};
	ting_weights *w;
	affine *last; // the affine layer above the next convolution

	static std::vector<float> floats(dlib::alias_tensor_const_instance t) {
		const dlib::tensor &x = t;
		return {x.host(), x.host() + x.size()};
	}

	template <unsigned long N, dlib::fc_bias_mode bias> void read(const dlib::fc_<N, bias> &l) {
		const auto &p = l.get_layer_params();
		if (p.size() != static_cast<size_t>(TING_FEATURES) * TING_DIM) throw std::runtime_error("the last layer has the wrong size");
		w->projection.assign(p.host(), p.host() + p.size());
	}
	void read(const dlib::affine_ &l) {
		last->gamma = floats(l.get_gamma());
		last->beta = floats(l.get_beta());
	}
	template <long N, long rows, long columns, int sy, int sx, int py, int px>
	void read(const dlib::con_<N, rows, columns, sy, sx, py, px> &l) {
		const auto &p = l.get_layer_params();
		const long outputs = l.num_filters(), area = rows * columns;
		const size_t biases = l.bias_is_disabled() ? 0 : outputs;
		if (outputs != N || last->gamma.size() != static_cast<size_t>(N) || last->beta.size() != static_cast<size_t>(N) ||
			p.size() <= biases || (p.size() - biases) % (N * area) != 0)
			throw std::runtime_error("a convolution has the wrong size");
		const size_t each = (p.size() - biases) / N;
		ting_weights::convolution c{static_cast<int>(N), static_cast<int>(each / area), static_cast<int>(rows), {}, {}};
		const float *from = p.host(), *bias = from + each * N;
		c.weights.reserve(each * N);
		for (long o = 0; o < N; o++) {
			const float gamma = last->gamma[o];
			for (size_t i = 0; i < each; i++) c.weights.push_back(gamma * from[o * each + i]);
			c.biases.push_back(last->beta[o] + (biases ? gamma * bias[o] : 0));
		}
		*last = {};
		w->convolutions.insert(w->convolutions.begin(), std::move(c));
	}
	template <class T> void read(const T &) {} // layers without weights

	template <class T> void operator()(size_t, T &layer) { read(layer); }
};

} // namespace

extern "C" {

char *ting_weights_read(const uint8_t *data, size_t size, ting_weights **out) {
	return ting::without_exceptions([&] {
		auto net = std::make_unique<ting::anet_type>();
		ting::read_net(data, size, *net);
		auto w = std::make_unique<ting_weights>();
		collector::affine last;
		dlib::visit_computational_layers(*net, collector{w.get(), &last});
		if (w->convolutions.size() != TING_CONVOLUTIONS || w->projection.empty())
			throw std::runtime_error("it is not the face recognition network of 29 convolutions");
		*out = w.release();
	});
}

void ting_weights_free(ting_weights *w) { delete w; }

void ting_weights_convolution(const ting_weights *w, int i, ting_convolution *out) {
	const auto &c = w->convolutions[i];
	*out = ting_convolution{c.outputs, c.inputs, c.size, c.weights.data(), c.biases.data()};
}

const float *ting_weights_projection(const ting_weights *w) { return w->projection.data(); }

} // extern "C"
