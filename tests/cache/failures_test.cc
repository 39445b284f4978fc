// SPDX-License-Identifier: Apache-2.0
//
// Failures of upstream, kept beside the answers (RFC 9520).
#include "tests/cache/cache_fixture.h"

namespace cenote::cache {
namespace {

class FailuresTest : public CacheTest {};

TEST_F(FailuresTest, FailuresBackOffAndASuccessClearsThem) {
    seconds now = 0s;
    for (const auto life : {5s, 10s, 20s, 40s, 80s, 160s, 300s, 300s, 300s}) {
        EXPECT_EQ(client_->lookup(question_, at(now)).freshness, Freshness::None);
        cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(now));
        const auto hit = client_->lookup(question_, at(now + life - 1ms));
        EXPECT_EQ(hit.freshness, Freshness::Failure) << life.count();
        EXPECT_TRUE(hit.failing);
        EXPECT_EQ(hit.failure_code, wire::EdeCode::NetworkError);
        now += life;
    }
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(now));
    client_->store(question_, answer_of(question_, 1), at(now));
    EXPECT_EQ(client_->lookup(question_, at(now)).freshness, Freshness::Fresh);
    cache_->store_failure(question_.key(), wire::EdeCode::NoReachableAuthority, at(now + 1s));
    EXPECT_EQ(client_->lookup(question_, at(now + 6s - 1ms)).failing, true);
    EXPECT_EQ(client_->lookup(question_, at(now + 6s)).failing, false);
}

TEST_F(FailuresTest, TheSameFailureToldTwiceCountsOnce) {
    for (int i = 0; i < 5; ++i) cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    EXPECT_EQ(client_->lookup(question_, at(4999ms)).freshness, Freshness::Failure);
    EXPECT_EQ(client_->lookup(question_, at(5s)).freshness, Freshness::None);
}

TEST_F(FailuresTest, AFailureLongAgoIsForgotten) {
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(1000s));
    EXPECT_EQ(client_->lookup(question_, at(1005s)).freshness, Freshness::None);
}

TEST_F(FailuresTest, AFailureLastsASecondAtLeast) {
    auto options = small();
    options.failure_ttl = 0s;
    use(options);
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    EXPECT_EQ(client_->lookup(question_, at(999ms)).freshness, Freshness::Failure);
}

TEST_F(FailuresTest, FailuresAreKeptPerQuestion) {
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    auto dnssec = question_;
    dnssec.dnssec_ok = true;
    EXPECT_EQ(client_->lookup(dnssec, at(0s)).freshness, Freshness::None);
    EXPECT_EQ(client_->lookup(ask("example.com"), at(0s)).freshness, Freshness::None);
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Failure);
}

TEST_F(FailuresTest, StaleDataStandsBesideAFailure) {
    client_->store(question_, answer_of(question_, 10), at(0s));
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(8s));
    auto hit = client_->lookup(question_, at(9s));
    EXPECT_EQ(hit.freshness, Freshness::Fresh);
    hit = client_->lookup(question_, at(11s));
    EXPECT_EQ(hit.freshness, Freshness::Stale);
    EXPECT_TRUE(hit.failing);
    EXPECT_EQ(hit.failure_code, wire::EdeCode::NetworkError);
    hit = client_->lookup(question_, at(13s));
    EXPECT_EQ(hit.freshness, Freshness::Stale);
    EXPECT_FALSE(hit.failing);
}

TEST_F(FailuresTest, FailuresPushOutNoAnswers) {
    client_->store(question_, answer_of(question_, 3600), at(0s));
    for (int i = 0; i < 100'000; ++i)
        cache_->store_failure(ask("f" + std::to_string(i) + ".example").key(), wire::EdeCode::NetworkError, at(0s));
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(cache_->stats().evictions, 0U);
}

}  // namespace
}  // namespace cenote::cache
