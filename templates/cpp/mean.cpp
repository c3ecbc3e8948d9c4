#include <dishtayantra_lmdb/python.hpp>

namespace dy = dishtayantra::lmdb;

class Mean : public dy::Calculator {
public:
    explicit Mean(const dy::Input&) {}  // its configuration

    dy::Map compute(const dy::Input& input) const override {
        const dy::Numbers values = input.numbers("values");  // in place, wherever they lie
        double sum = 0;
        for (const double value : values.span()) {
            sum += value;
        }
        return {{"mean", sum / static_cast<double>(values.span().size())}};
    }
};

PYBIND11_MODULE(mean_cpp, module, pybind11::mod_gil_not_used()) {
    dy::python::PythonCalculator<Mean>::define(module, "Mean", "The mean of `values`.");
}
