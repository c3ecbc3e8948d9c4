// The base of calculators in C++: what they answer, and how references are answered.
#ifndef DISHTAYANTRA_LMDB_CALCULATOR_HPP
#define DISHTAYANTRA_LMDB_CALCULATOR_HPP

#include "input.hpp"
#include "output.hpp"

#include <string>
#include <utility>

namespace dishtayantra::lmdb {

/// A calculation. `compute` and `compute_into` may be called from several threads at once and must not change what they
/// can see but the output.
class Calculator {
public:
    virtual ~Calculator() = default;

    /// The result for an input. Throws when the input is missing or wrong; never guesses.
    virtual Map compute(const Input& input) const = 0;

    /// The same, given to `output`. What calls calculators calls this; see ComputesInto.
    virtual void compute_into(const Input& input, Output& output) const { output.put(compute(input)); }

    /// What the calculator says of itself: its settings.
    virtual Map details() const { return {}; }
};

/// A calculator that knows the size of its result before it computes it, and computes it where it goes: in the store's
/// map when the result goes there, in a NumPy array's memory when a Python engine calls directly.
///
///     void compute_into(const Input& input, Output& output) const override {
///         const Numbers values = input.numbers("values");
///         const Span<double> out = output.array("values", values.shape(), values.is_list());
///         for (std::size_t i = 0; i < out.size(); ++i) { out[i] = 2 * values.span()[i]; }
///     }
///
/// It may be asked a second time for the same input, when the store lost what it lent. What it throws leaves nothing in
/// the store.
class ComputesInto : public Calculator {
public:
    void compute_into(const Input& input, Output& output) const override = 0;

    Map compute(const Input& input) const final {
        Output memory;
        compute_into(input, memory);
        return memory.take();
    }
};

/// A calculator's answer.
struct Answer {
    bool written = false;  ///< the result is under the reference's output key: answer `_lmdb_output_written`
    Map result;            ///< the result itself when it is not
    std::string refusal;   ///< why the store did not take an output that was asked for
};

namespace detail {

/// A direct answer where an output was asked for: nobody waits.
inline Answer refused(const Reference& reference, Map result, std::string refusal) {
    try {
        reference.settle_direct();
    } catch (const Error& error) {
        refusal += std::string("; ") + error.what();
    }
    return {false, std::move(result), std::move(refusal)};
}

}  // namespace detail

/// Delivers a result as `reference` asks: into the store, or directly when no output is asked for. When the store
/// cannot take it (full, say), the answer is direct, the reason is in `refusal` and nobody waits: a calculation does
/// not fail because the exchange does.
inline Answer deliver(const Reference& reference, Map result) {
    if (!reference.has_output()) {
        return {false, std::move(result), {}};
    }
    try {
        put_output(reference, result);
        return {true, {}, {}};
    } catch (const Error& error) {
        return detail::refused(reference, std::move(result), error.what());
    }
}

/// Computes on `input` and delivers as `reference` asks, as above: what knows its size is computed where it goes.
inline Answer deliver(const Reference& reference, const Calculator& calculator, const Input& input) {
    if (!reference.has_output()) {
        return {false, calculator.compute(input), {}};
    }
    StoreOutput output(reference);
    calculator.compute_into(input, output);
    if (!output.is_lent()) {
        Map result = output.take();
        return output.refusal().empty() ? deliver(reference, std::move(result))
                                        : detail::refused(reference, std::move(result), output.refusal());
    }
    try {
        output.publish();
        return {true, {}, {}};
    } catch (const Error& error) {
        return detail::refused(reference, calculator.compute(input), error.what());
    }
}

/// What `compute` answers on the input of `reference`. An input of a kind that it cannot read (BadFormatError) is declined:
/// whoever sent the reference calls again with the payload itself, whatever becomes of the exception.
template <class Compute>
auto declining(const Reference& reference, Compute compute) {
    try {
        return compute();
    } catch (const BadFormatError&) {
        reference.decline();
        throw;
    }
}

/// Answers a reference: views its input in place, checks its checksum if it has one, computes, delivers.
///
/// Throws NotFoundError when the input is missing or expired, CorruptError when it is damaged, BadFormatError when it is
/// of a kind that cannot be read here, and what the calculator throws. May be called from any thread.
inline Answer answer(const Calculator& calculator, const Reference& reference) {
    View view = reference.view_input();
    view.verify();
    return declining(reference, [&] { return deliver(reference, calculator, ViewInput(std::move(view))); });
}

}  // namespace dishtayantra::lmdb

#endif
