// SPDX-License-Identifier: Apache-2.0
//
// Runs a fuzz target over files and the files of folders, so that every input that ever mattered is tried in each test
// run. Fails when one cannot be read, when there is none, and when a folder was given and a goal of the target
// (input.h) was reached by no input.

#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

#include "tests/fuzz/input.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace {

bool replay(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    const std::vector<char> bytes((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
    if (!file.is_open() || file.bad()) {
        std::fprintf(stderr, "cannot read %s\n", path.c_str());
        return false;
    }
    LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
    return true;
}

bool goals_reached() {
    bool all = !cenote::fuzz::Goal::all().empty();
    if (!all) std::fprintf(stderr, "the target has no goal\n");
    for (const cenote::fuzz::Goal* goal : cenote::fuzz::Goal::all()) {
        if (goal->reached()) continue;
        std::fprintf(stderr, "no input reached the goal: %s\n", goal->what());
        all = false;
    }
    return all;
}

}  // namespace

int main(int argc, char** argv) {
    std::size_t inputs = 0;
    bool is_whole_corpus = false;
    for (int i = 1; i < argc; ++i) {
        if (!std::filesystem::is_directory(argv[i])) {
            if (!replay(argv[i])) return 1;
            ++inputs;
            continue;
        }
        is_whole_corpus = true;
        for (const auto& entry : std::filesystem::directory_iterator(argv[i])) {
            if (!replay(entry.path())) return 1;
            ++inputs;
        }
    }
    std::printf("%zu inputs replayed\n", inputs);
    if (inputs == 0) return 1;
    return !is_whole_corpus || goals_reached() ? 0 : 1;
}
