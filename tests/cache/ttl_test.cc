// SPDX-License-Identifier: Apache-2.0
//
// How long an answer serves, fresh and stale.
#include "tests/cache/cache_fixture.h"

namespace cenote::cache {
namespace {

class TtlTest : public CacheTest {};

TEST_F(TtlTest, AgesTtls) {
    client_->store(question_, answer_of(question_, 300), at(0s));
    auto hit = client_->lookup(question_, at(99500ms));
    EXPECT_EQ(hit.age_s, 99U);
    EXPECT_EQ(client_->ttl_of(question_), 201U);
    EXPECT_FALSE(hit.expiring);

    hit = client_->lookup(question_, at(299999ms));
    EXPECT_EQ(hit.freshness, Freshness::Fresh);
    EXPECT_TRUE(hit.expiring);
    EXPECT_EQ(client_->ttl_of(question_), 1U);
}

TEST_F(TtlTest, TakesAClockThatIsABitBehindForNow) {
    client_->store(question_, answer_of(question_, 300), at(5s));
    EXPECT_EQ(client_->lookup(question_, at(4s)).age_s, 0U);
    EXPECT_EQ(client_->ttl_of(question_), 300U);
}

TEST_F(TtlTest, UseDoesNotExtendLife) {
    client_->store(question_, answer_of(question_, 10), at(0s));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(client_->lookup(question_, at(seconds{i})).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->lookup(question_, at(10s)).freshness, Freshness::Stale);
}

TEST_F(TtlTest, ClampsTtlsOnce) {
    auto options = small();
    options.min_ttl = 60s;
    options.max_ttl = 600s;
    options.stale = 0s;
    use(options);
    client_->store(question_, answer_of(question_, 5), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(50s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->ttl_of(question_), 10U);
    EXPECT_EQ(client_->lookup(question_, at(60s)).freshness, Freshness::None);

    client_->store(question_, answer_of(question_, 86400), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(500s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->ttl_of(question_), 100U);
    EXPECT_EQ(client_->lookup(question_, at(600s)).freshness, Freshness::None);
}

TEST_F(TtlTest, ClampsNegativeAnswersLower) {
    auto options = small();
    options.stale = 0s;
    use(options);
    client_->store(question_, nxdomain_of(question_, 86400), at(0s));
    const auto hit = client_->lookup(question_, at(600s));
    EXPECT_EQ(hit.freshness, Freshness::Fresh);
    EXPECT_TRUE(hit.negative);
    EXPECT_TRUE(hit.nxdomain);
    EXPECT_EQ(client_->ttl_of(question_), 3000U);
    EXPECT_EQ(client_->lookup(question_, at(3600s)).freshness, Freshness::None);
}

TEST_F(TtlTest, TheNegativeLimitHoldsAboveALongerMinimum) {
    auto options = small();
    options.min_ttl = 7200s;
    use(options);
    client_->store(question_, nxdomain_of(question_, 60), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->ttl_of(question_), 3600U);
}

TEST_F(TtlTest, DeclinesTtlZeroAndKeepsWhatItHas) {
    client_->store(question_, answer_of(question_, 300), at(0s));
    client_->store(question_, answer_of(question_, 0, {203, 0, 113, 9}), at(0s));
    EXPECT_EQ(cache_->stats().declined, 1U);
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->reply.written().back(), 1);
}

TEST_F(TtlTest, ANewerAnswerThatMayNotBeKeptEndsTheStaleLifeOfTheOlder) {
    const auto without_soa = [](const KeyedQuestion& question) {
        Answer denial = nxdomain_of(question, 60);
        denial.shape.has_soa = false;
        return denial;
    };
    use({.bytes_max = 1 << 20, .shards = 1});
    const auto too_large = answer_of(ask("c.example"), 60, std::vector<std::uint8_t>(60000));
    const std::pair<KeyedQuestion, Answer> rows[] = {{ask("a.example"), answer_of(ask("a.example"), 0)},
                                                     {ask("b.example"), without_soa(ask("b.example"))},
                                                     {ask("c.example"), too_large}};
    for (const auto& [question, newer] : rows) {
        client_->store(question, answer_of(question, 60), at(seconds{0}));
        client_->store(question, newer, at(seconds{30}));
        EXPECT_EQ(Freshness::Fresh, client_->lookup(question, at(seconds{59})).freshness);
        EXPECT_EQ(Freshness::None, client_->lookup(question, at(seconds{61})).freshness);
    }
}

TEST_F(TtlTest, AnAnswerThatSaysNothingOfTheNameLeavesTheOlderItsStaleLife) {
    Answer truncated = answer_of(ask("a.example"), 0);
    truncated.shape.truncated = true;
    Answer failure = answer_of(ask("a.example"), 0);
    failure.shape.rcode = wire::Rcode::ServFail;
    client_->store(ask("a.example"), answer_of(ask("a.example"), 60), at(seconds{0}));
    client_->store(ask("a.example"), truncated, at(seconds{61}));
    client_->store(ask("a.example"), failure, at(seconds{61}));
    EXPECT_EQ(Freshness::Stale, client_->lookup(ask("a.example"), at(seconds{62})).freshness);
}

TEST_F(TtlTest, StoresTtlZeroWhereThereIsAMinimum) {
    auto options = small();
    options.min_ttl = 30s;
    use(options);
    client_->store(question_, answer_of(question_, 0), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->ttl_of(question_), 30U);
}

TEST_F(TtlTest, DeclinesWhatMayNotBeCached) {
    auto failed = answer_of(question_, 300);
    failed.shape.rcode = wire::Rcode::ServFail;
    client_->store(question_, failed, at(0s));
    auto truncated = answer_of(question_, 300);
    truncated.shape.truncated = true;
    client_->store(question_, truncated, at(0s));
    auto without_soa = nxdomain_of(question_, 300);
    without_soa.shape.has_soa = false;
    client_->store(question_, without_soa, at(0s));
    EXPECT_EQ(cache_->stats().declined, 3U);
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::None);
}

TEST_F(TtlTest, ServesStaleForThirtySeconds) {
    client_->store(question_, answer_of(question_, 10), at(0s));
    const auto hit = client_->lookup(question_, at(10s));
    EXPECT_EQ(hit.freshness, Freshness::Stale);
    EXPECT_FALSE(hit.failing);
    EXPECT_EQ(hit.age_s, 10U);
    EXPECT_EQ(client_->ttl_of(question_), 30U);
    EXPECT_EQ(client_->lookup(question_, at(10s + 86399s)).freshness, Freshness::Stale);
    EXPECT_EQ(client_->lookup(question_, at(10s + 86400s)).freshness, Freshness::None);
    EXPECT_EQ(cache_->stats().entries, 0U);
}

TEST_F(TtlTest, TakesNewLimits) {
    client_->store(question_, answer_of(question_, 10), at(0s));
    auto options = small();
    options.stale = 0s;
    options.max_ttl = 5s;
    cache_->set_limits(options);
    EXPECT_EQ(client_->lookup(question_, at(9s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->lookup(question_, at(10s)).freshness, Freshness::None);
    client_->store(question_, answer_of(question_, 10), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(5s)).freshness, Freshness::None);
}

}  // namespace
}  // namespace cenote::cache
