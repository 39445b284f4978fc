// SPDX-License-Identifier: Apache-2.0
//
// The zones and name server configurations of tests/zones/, which the tests in Python read as well.
//
// Threads: any.   Memory: strings.   Failure: of the test that asks.
#pragma once

#include <map>
#include <string>

namespace cenote::testing_support {

/// The text of a file with a value in each named place, which is a word in braces: "{serial}". The test fails for a
/// value without a place and for a place without a value.
[[nodiscard]] std::string read_from_catalogue(const std::string& file,
                                              const std::map<std::string, std::string>& values);

}  // namespace cenote::testing_support
