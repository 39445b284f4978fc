// SPDX-License-Identifier: Apache-2.0
//
// Runs each step of a query's path some thousand times for callgrind, which counts its instructions:
//
//   valgrind --tool=callgrind --instr-atstart=no --callgrind-out-file=OUT counted
//
// leaves OUT.1, OUT.2, … with the name of a step each (bench/compare reads them). The count stands for kRuns runs.
#include <valgrind/callgrind.h>

#include <cstdio>

#include "bench/micro/path.h"

namespace {

constexpr int kRuns = 1024;

}  // namespace

int main() {
    auto operations = cenote::bench::step_operations();
    for (auto& each : cenote::bench::engine_operations()) operations.push_back(std::move(each));
    for (const auto& operation : operations) {
        for (int i = 0; i < kRuns; ++i) operation.run();  // whatever happens the first time only has happened
        CALLGRIND_START_INSTRUMENTATION;
        CALLGRIND_ZERO_STATS;
        for (int i = 0; i < kRuns; ++i) operation.run();
        CALLGRIND_DUMP_STATS_AT(operation.name.c_str());
        CALLGRIND_STOP_INSTRUMENTATION;
    }
    std::printf("%d\n", kRuns);
}
