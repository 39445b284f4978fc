// SPDX-License-Identifier: Apache-2.0
//
// The steps of a query's path by the clock.
#include <benchmark/benchmark.h>

#include "bench/micro/path.h"

namespace {

[[maybe_unused]] const bool kRegistered = [] {
    auto operations = cenote::bench::step_operations();
    for (auto& each : cenote::bench::engine_operations()) operations.push_back(std::move(each));
    for (const auto& operation : operations)
        benchmark::RegisterBenchmark(("Path/" + operation.name).c_str(),
                                     [run = operation.run](benchmark::State& state) {
                                         for (auto _ : state) run();
                                     });
    return true;
}();

}  // namespace
