// SPDX-License-Identifier: Apache-2.0
//
// A small cache and one client of it, for GoogleTest.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tests/cache/answers.h"

namespace cenote::cache {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

class CacheTest : public ::testing::Test {
protected:
    static Options small() {
        Options options;
        options.bytes_max = 8 << 20;
        options.shards = 4;
        return options;
    }
    void use(const Options& options) {
        cache_ = std::make_unique<Cache>(options);
        client_ = std::make_unique<Client>(*cache_);
    }
    CacheTest() { use(small()); }

    std::unique_ptr<Cache> cache_;
    std::unique_ptr<Client> client_;
    const KeyedQuestion question_ = ask("www.example.com");
};

}  // namespace cenote::cache
