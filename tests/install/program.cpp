// Puts a document with an array and reads it in place, with the installed C++ headers. Takes the store's directory.
#include <dishtayantra_lmdb.hpp>

#include <iostream>
#include <numeric>
#include <vector>

int main(int argc, char** argv) {
    namespace dy = dishtayantra::lmdb;
    if (argc != 2) {
        std::cerr << "usage: " << argv[0] << " DIRECTORY\n";
        return 2;
    }
    try {
        dy::Store store = dy::Store::open(argv[1]);
        const std::vector<double> values = {1.5, 2.5, 4.0};
        dy::Writer writer;
        writer.map(1).key("values").segment(values);
        writer.put(store, "cpp");

        const dy::View view = store.view("cpp");
        const dy::Document document = view.document();
        const dy::Span<const double> span = document["values"].span<double>();
        std::cout << dy::version() << ' ' << std::accumulate(span.begin(), span.end(), 0.0) << '\n';
        return 0;
    } catch (const dy::Error& error) {
        std::cerr << error.what() << '\n';
        return 1;
    }
}
