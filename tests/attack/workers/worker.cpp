// Puts, lends, looks and deletes until it is killed, and says which put was acknowledged: worker STORE KEY TAG.

#include "content.hpp"

#include <dishtayantra_lmdb.hpp>

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <vector>

namespace lmdb = dishtayantra::lmdb;

namespace {

void work(const std::string& path, const std::string& key, std::uint64_t first) {
    lmdb::Store store = lmdb::Store::open(path);
    for (std::uint64_t tag = first;; tag++) {
        const std::vector<std::uint64_t> content = attack::payload(tag);
        const std::size_t size = content.size() * sizeof(std::uint64_t);
        store.put(key, lmdb::as_bytes(content));
        std::printf("%llu\n", static_cast<unsigned long long>(tag));
        std::fflush(stdout);
        lmdb::Loan loan = store.loan(size);
        std::memcpy(loan.span().data(), content.data(), size);
        loan.publish(key + ".loan");
        const lmdb::View view = store.view(key);
        if (std::memcmp(view.span().data(), content.data(), size) != 0) {
            std::fprintf(stderr, "%s does not hold what was put there\n", key.c_str());
            std::exit(1);
        }
        if (tag % 3 == 0) {
            store.erase(key + ".loan");
        }
    }
}

}  // namespace

int main(int count, char** words) {
    if (count != 4) {
        return 2;
    }
    try {
        work(words[1], words[2], std::strtoull(words[3], nullptr, 10));
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
    }
    return 1;
}
