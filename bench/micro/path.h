// SPDX-License-Identifier: Apache-2.0
//
// The steps of a query's path, each as an operation on inputs that are always the same: micro_bench times them, counted
// counts their instructions. "step/naive" does the same as people would write it first, "step/floor" what no way of
// doing it can avoid.
//
// Threads:  one.
// Memory:   an engine with its cache, and some hundred packets.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cenote::bench {

struct Operation {
    std::string name;
    std::function<void()> run;  // once
};

/// Parse, match, decide, reply, cache.
std::vector<Operation> step_operations();
/// Whole queries through Engine::handle().
std::vector<Operation> engine_operations();

}  // namespace cenote::bench
