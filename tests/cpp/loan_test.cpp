#include "support.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <type_traits>
#include <utility>

namespace {

template <class T, class = void>
struct CanSpan : std::false_type {};
template <class T>
struct CanSpan<T, std::void_t<decltype(std::declval<T>().span())>> : std::true_type {};

static_assert(CanSpan<lmdb::Loan&>::value && !CanSpan<lmdb::Loan>::value);
static_assert(!std::is_copy_constructible_v<lmdb::Loan>);

}  // namespace

TEST_F(StoreTest, LoanIsFilledInPlaceAndSeenOncePublished) {
    constexpr std::size_t count = 50000;
    lmdb::Loan loan = store.loan(count * sizeof(double));
    const lmdb::Span<double> values = loan.span<double>();
    ASSERT_EQ(values.size(), count);
    EXPECT_EQ(reinterpret_cast<std::uintptr_t>(values.data()) % 64, 0u);
    for (std::size_t i = 0; i < count; ++i) {
        values[i] = static_cast<double>(i);
    }
    EXPECT_FALSE(store.contains("k"));
    const lmdb::Info info = loan.publish("k");
    EXPECT_EQ(info.size, count * sizeof(double));
    EXPECT_EQ(store.view("k").info().entry_id, info.entry_id);
    const lmdb::View view = store.view("k");
    EXPECT_EQ(view.span<double>()[count - 1], static_cast<double>(count - 1));
}

TEST_F(StoreTest, PublishedLoanIsClosed) {
    lmdb::Loan loan = store.loan(4096);
    loan.publish("k");
    EXPECT_THROW(loan.span(), lmdb::ClosedError);
    EXPECT_THROW(loan.publish("again"), lmdb::ClosedError);
}

TEST_F(StoreTest, RefusedArgumentLeavesTheLoanAsItWas) {
    lmdb::Loan loan = store.loan(4096);
    std::memcpy(loan.span().data(), "hello", 5);
    EXPECT_THROW(loan.publish("", {}, 5), lmdb::BadKeyError);
    EXPECT_THROW(loan.publish(std::string(512, 'k'), {}, 5), lmdb::BadKeyError);
    EXPECT_THROW(loan.publish("k", {}, 5, "_dy_meta"), lmdb::BadKeyError);
    EXPECT_THROW(loan.publish("k", {}, 4097), lmdb::InvalidArgumentError);
    lmdb::PutOptions wordy;
    wordy.source = std::string(1 << 16, 's');
    EXPECT_THROW(loan.publish("k", wordy, 5), lmdb::InvalidArgumentError);
    ASSERT_EQ(loan.span().size(), 4096u);
    EXPECT_EQ(loan.publish("k").size, 4096u);
    const lmdb::View view = store.view("k");
    EXPECT_EQ(std::memcmp(view.span().data(), "hello", 5), 0);
}

TEST_F(StoreTest, PublishingMayShrink) {
    lmdb::Loan loan = store.loan(100000);
    std::memcpy(loan.span().data(), "hello", 5);
    loan.publish("k", {}, 5);
    const lmdb::View view = store.view("k");
    ASSERT_EQ(view.span().size(), 5u);
    EXPECT_EQ(std::memcmp(view.span().data(), "hello", 5), 0);
}

TEST_F(StoreTest, DroppedLoanLeavesNothing) {
    {
        lmdb::Loan first = store.loan(1 << 20);
        lmdb::Loan second = std::move(first);
        second.drop();
        second.drop();
        EXPECT_THROW(second.span(), lmdb::ClosedError);
        EXPECT_THROW(first.span(), lmdb::ClosedError);
    }
    EXPECT_TRUE(store.list().empty());
    store.audit();
}

namespace {

/// Gives up the locks by which other processes know that this one lives, as the kernel does when it dies.
void look_dead() {
    int unlocked = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;
        if (std::filesystem::read_symlink(entry.path(), gone).filename() == "owners") {
            struct flock all = {};
            all.l_type = F_UNLCK;
            all.l_whence = SEEK_SET;
            ASSERT_EQ(fcntl(std::stoi(entry.path().filename()), F_OFD_SETLK, &all), 0);
            ++unlocked;
        }
    }
    ASSERT_EQ(unlocked, 1);
}

}  // namespace

TEST_F(StoreTest, LoanWhoseRowIsGoneIsLost) {
    lmdb::Loan loan = store.loan(1 << 20);
    std::memset(loan.span().data(), 1, 1 << 20);
    look_dead();
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
        int code = 1;
        try {
            lmdb::Store own = lmdb::Store::open(directory.path + "/store", small_store());
            own.sweep();
            code = own.audit().find("\"loans\":0") == std::string::npos;
        } catch (const lmdb::Error&) {
        }
        _exit(code);
    }
    int how = 0;
    ASSERT_EQ(waitpid(child, &how, 0), child);
    ASSERT_TRUE(WIFEXITED(how) && WEXITSTATUS(how) == 0);
    EXPECT_TRUE(contains(message_of<lmdb::LoanLostError>([&] { loan.publish("k"); }), "reclaimed"));
    EXPECT_THROW(loan.publish("k"), lmdb::ClosedError);
    EXPECT_FALSE(store.contains("k"));
    store.audit();
}
