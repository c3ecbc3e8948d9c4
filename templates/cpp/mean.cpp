#include <dishtayantra_lmdb/python.hpp>

#include <string>

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

// Of a table its columns: `trades` may be a list of dicts, a dict of arrays and lists, or a frame.
class MeanOfColumn : public dy::Calculator {
public:
    explicit MeanOfColumn(const dy::Input& config) : column_(config.find_text("column").value_or("px")) {}

    dy::Map compute(const dy::Input& input) const override {
        const dy::Numbers values = dy::Numbers::of(input.table("trades")[column_]);
        double sum = 0;
        for (const double value : values.span()) {
            sum += value;
        }
        return {{"mean", sum / static_cast<double>(values.size())}};
    }

private:
    std::string column_;
};

PYBIND11_MODULE(mean_cpp, module, pybind11::mod_gil_not_used()) {
    dy::python::PythonCalculator<Mean>::define(module, "Mean", "The mean of `values`.");
    dy::python::PythonCalculator<MeanOfColumn>::define(module, "MeanOfColumn", "The mean of a column of `trades`.");
}
