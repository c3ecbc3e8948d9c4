// Where results go: calculators that know the size of theirs compute it right there.
#ifndef DISHTAYANTRA_LMDB_OUTPUT_HPP
#define DISHTAYANTRA_LMDB_OUTPUT_HPP

#include "loan.hpp"
#include "value.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace dishtayantra::lmdb {

/// An array of a result that is not computed yet.
struct Room {
    std::string name;
    std::vector<std::size_t> shape;
    bool is_list = false;  ///< to be answered as lists
};

/// Where one result goes. It is given once: as arrays to fill, or as it is. A class of its own for each place; this one's
/// is memory. One thread at a time, except that several may fill the arrays.
class Output {
public:
    Output() = default;
    Output(const Output&) = delete;
    Output& operator=(const Output&) = delete;
    virtual ~Output() = default;

    /// Room for a result that is one array, in C order: `output.array("values", values.shape(), values.is_list())`. What
    /// is in it at first is undefined, so all of it has to be written. Valid until `compute_into` returns.
    ///
    /// Throws InvalidArgumentError for a shape that no memory holds and when a result was given before.
    Span<double> array(std::string name, std::vector<std::size_t> shape, bool is_list = false) {
        std::vector<Room> rooms;
        rooms.push_back({std::move(name), std::move(shape), is_list});
        return arrays(std::move(rooms)).front();
    }

    /// Room for a result of several, in their order, with values after them that are known already.
    std::vector<Span<double>> arrays(std::vector<Room> rooms, Map beside = {}) {
        begin();
        for (const Room& room : rooms) {
            detail::count_of(room.shape);
            if (room.is_list) {
                detail::require_few_lists(room.shape);
            }
        }
        std::vector<Span<double>> spans;
        spans.reserve(rooms.size());
        if (make_room(rooms, beside, spans)) {
            return spans;
        }
        spans.clear();
        result_.reserve(rooms.size() + beside.size());
        for (Room& room : rooms) {
            const auto keep = [&](Span<double> span) { spans.push_back(span); };
            Numbers numbers = Numbers::made(std::move(room.shape), keep).as_list(room.is_list);
            result_.emplace_back(std::move(room.name), std::move(numbers));
        }
        for (auto& pair : beside) {
            result_.push_back(std::move(pair));
        }
        return spans;
    }

    /// A result that lies elsewhere. Throws InvalidArgumentError when one was given before.
    void put(Map result) {
        begin();
        result_ = std::move(result);
    }

    /// What is in memory, when `compute_into` returned. Throws InvalidArgumentError when it gave no result.
    Map take() {
        require_given();
        return std::move(result_);
    }

protected:
    /// Makes room elsewhere: a span for each. False: it is to be in memory.
    virtual bool make_room(const std::vector<Room>&, const Map&, std::vector<Span<double>>&) { return false; }

    void require_given() const {
        if (!given_) {
            throw InvalidArgumentError("the calculator gave no result");
        }
    }

private:
    void begin() {
        if (given_) {
            throw InvalidArgumentError("the calculator gave a second result");
        }
        given_ = true;
    }

    Map result_;
    bool given_ = false;
};

/// A reference's output: arrays are filled in a loan of its store, which becomes the entry under the output key. Small
/// results are put, which costs less. A store that refuses the loan leaves the result in memory.
class StoreOutput : public Output {
public:
    /// The reference must outlive the output, which is dropped unpublished when it ends before `publish`.
    explicit StoreOutput(const Reference& reference) : reference_(reference) {}

    /// Whether the result lies in the store, to be published.
    bool is_lent() const noexcept { return loan_.has_value(); }

    /// Why the store did not lend; empty when it did, or was not asked.
    const std::string& refusal() const noexcept { return refusal_; }

    /// Makes the result in the loan the output. Throws what publishing throws: the result is lost then.
    Info publish() { return reference_.publish_output(*loan_, PutOptions(Format::msgpack)); }

protected:
    bool make_room(const std::vector<Room>& rooms, const Map& beside, std::vector<Span<double>>& spans) override {
        std::size_t bytes = 0;
        bool is_short_list = false;
        for (const Room& room : rooms) {
            const std::size_t count = detail::count_of(room.shape);
            bytes += count * sizeof(double);
            // Those are no segments.
            is_short_list = is_short_list || (room.is_list && count < DY_LMDB_LIST_SEGMENT_MIN);
        }
        if (bytes < least_lent || is_short_list) {
            return false;
        }
        try {
            detail::ResultWriter results;
            results.writer.map(rooms.size() + beside.size());
            std::vector<std::uint64_t> places;
            places.reserve(rooms.size());
            for (const Room& room : rooms) {
                results.writer.key(room.name);
                places.push_back(results.writer.reserve(Dtype::float64, room.shape, room.is_list));
            }
            results.pairs(beside);
            loan_ = results.writer.loan_output(reference_);
            std::byte* const data = loan_->span().data();
            for (std::size_t i = 0; i < rooms.size(); ++i) {
                spans.emplace_back(reinterpret_cast<double*>(data + places[i]), detail::count_of(rooms[i].shape));
            }
            return true;
        } catch (const Error& error) {
            loan_.reset();
            refusal_ = error.what();
            return false;
        }
    }

private:
    /// Bytes from which a loan costs less than a put.
    static constexpr std::size_t least_lent = 1536;

    const Reference& reference_;
    std::optional<Loan> loan_;
    std::string refusal_;
};

}  // namespace dishtayantra::lmdb

#endif
