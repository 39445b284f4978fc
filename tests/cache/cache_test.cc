// SPDX-License-Identifier: Apache-2.0
#include "resolver/cache/cache.h"

#include <gtest/gtest.h>

#include "tests/cache/answers.h"

namespace cenote::cache {
namespace {

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

TEST_F(CacheTest, GivesBackWhatWasStored) {
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::None);
    const auto answer = answer_of(question_, 300);
    client_->store(question_, answer, at(0s));

    const auto hit = client_->lookup(question_, at(0s));
    EXPECT_EQ(hit.freshness, Freshness::Fresh);
    EXPECT_FALSE(hit.negative);
    EXPECT_FALSE(hit.expiring);
    EXPECT_FALSE(hit.failing);
    const auto reply = client_->reply.written();
    EXPECT_EQ(std::vector<std::uint8_t>(reply.begin(), reply.end()), answer.message);
}

TEST_F(CacheTest, AgesTtls) {
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

TEST_F(CacheTest, TakesAClockThatIsABitBehindForNow) {
    client_->store(question_, answer_of(question_, 300), at(5s));
    EXPECT_EQ(client_->lookup(question_, at(4s)).age_s, 0U);
    EXPECT_EQ(client_->ttl_of(question_), 300U);
}

TEST_F(CacheTest, UseDoesNotExtendLife) {
    client_->store(question_, answer_of(question_, 10), at(0s));
    for (int i = 0; i < 10; ++i) EXPECT_EQ(client_->lookup(question_, at(seconds{i})).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->lookup(question_, at(10s)).freshness, Freshness::Stale);
}

TEST_F(CacheTest, ClampsTtlsOnce) {
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

TEST_F(CacheTest, ClampsNegativeAnswersLower) {
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

TEST_F(CacheTest, TheNegativeLimitHoldsAboveALongerMinimum) {
    auto options = small();
    options.min_ttl = 7200s;
    use(options);
    client_->store(question_, nxdomain_of(question_, 60), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->ttl_of(question_), 3600U);
}

TEST_F(CacheTest, DeclinesTtlZeroAndKeepsWhatItHas) {
    client_->store(question_, answer_of(question_, 300), at(0s));
    client_->store(question_, answer_of(question_, 0, {203, 0, 113, 9}), at(0s));
    EXPECT_EQ(cache_->stats().declined, 1U);
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->reply.written().back(), 1);
}

TEST_F(CacheTest, ANewerAnswerThatMayNotBeKeptEndsTheStaleLifeOfTheOlder) {
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

TEST_F(CacheTest, AnAnswerThatSaysNothingOfTheNameLeavesTheOlderItsStaleLife) {
    Answer truncated = answer_of(ask("a.example"), 0);
    truncated.shape.truncated = true;
    Answer failure = answer_of(ask("a.example"), 0);
    failure.shape.rcode = wire::Rcode::ServFail;
    client_->store(ask("a.example"), answer_of(ask("a.example"), 60), at(seconds{0}));
    client_->store(ask("a.example"), truncated, at(seconds{61}));
    client_->store(ask("a.example"), failure, at(seconds{61}));
    EXPECT_EQ(Freshness::Stale, client_->lookup(ask("a.example"), at(seconds{62})).freshness);
}

TEST_F(CacheTest, StoresTtlZeroWhereThereIsAMinimum) {
    auto options = small();
    options.min_ttl = 30s;
    use(options);
    client_->store(question_, answer_of(question_, 0), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->ttl_of(question_), 30U);
}

TEST_F(CacheTest, DeclinesWhatMayNotBeCached) {
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

TEST_F(CacheTest, ServesStaleForThirtySeconds) {
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

TEST_F(CacheTest, ANewAnswerReplacesTheStaleOne) {
    client_->store(question_, answer_of(question_, 10), at(0s));
    client_->store(question_, answer_of(question_, 20, {198, 51, 100, 7}), at(50s));
    EXPECT_EQ(client_->lookup(question_, at(50s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->reply.written().back(), 7);
    client_->store(question_, answer_of(question_, 20, std::vector<std::uint8_t>(100, 9)), at(60s));
    EXPECT_EQ(client_->lookup(question_, at(60s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->reply.written().back(), 9);
    EXPECT_EQ(cache_->stats().entries, 1U);
}

TEST_F(CacheTest, KeysAreComparedInFull) {
    auto other_type = question_;
    other_type.type = wire::RrType::AAAA;
    auto other_class = question_;
    other_class.rr_class = wire::RrClass::CH;
    auto dnssec = question_;
    dnssec.dnssec_ok = true;
    auto unchecked = question_;
    unchecked.checking_disabled = true;
    const std::vector<KeyedQuestion> questions{
        question_, other_type, other_class, dnssec, unchecked, ask("example.com"), ask("www.www.example.com")};
    for (std::size_t i = 0; i < questions.size(); ++i) {
        EXPECT_EQ(client_->lookup(questions[i], at(0s)).freshness, Freshness::None) << i;
        const auto last = static_cast<std::uint8_t>(i);
        client_->store(questions[i], answer_of(questions[i], 60, {0, 0, 0, last}), at(0s));
    }
    for (std::size_t i = 0; i < questions.size(); ++i) {
        EXPECT_EQ(client_->lookup(questions[i], at(0s)).freshness, Freshness::Fresh) << i;
        EXPECT_EQ(client_->reply.written().back(), i);
    }
}

TEST_F(CacheTest, LettersCaseIsFoldedInTheKey) {
    client_->store(question_, answer_of(question_, 60), at(0s));
    EXPECT_EQ(client_->lookup(ask("wWw.EXAMPLE.com"), at(0s)).freshness, Freshness::Fresh);
}

TEST_F(CacheTest, AnAnswerLargerThanTheReplyIsAMiss) {
    client_->store(question_, answer_of(question_, 60, std::vector<std::uint8_t>(2000, 1)), at(0s));
    std::array<std::uint8_t, 512> space{};
    wire::ReplyBuffer reply{space, 512, 0};
    Links links;
    EXPECT_EQ(cache_->lookup(question_.key(), at(0s), reply, links).freshness, Freshness::None);
    EXPECT_EQ(reply.size, 0U);
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
}

TEST_F(CacheTest, DeclinesMoreThanAHundredthOfTheBudget) {
    auto options = small();
    options.bytes_max = 1 << 20;
    use(options);
    client_->store(question_, answer_of(question_, 60, std::vector<std::uint8_t>(10500, 1)), at(0s));
    EXPECT_EQ(cache_->stats().declined, 1U);
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::None);
    client_->store(question_, answer_of(question_, 60, std::vector<std::uint8_t>(10300, 1)), at(0s));
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
}

TEST_F(CacheTest, CarriesLinks) {
    Links links;
    links.generation = 7;
    links.count = 2;
    links.tags[0] = {11, 12};
    links.tags[1] = {21, 0xffffffff};
    const auto answer = answer_of(question_, 60);
    cache_->store(question_.key(), answer.message, answer.shape, links, at(0s));
    ASSERT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->links.generation, 7U);
    ASSERT_EQ(client_->links.count, 2U);
    EXPECT_EQ(client_->links.tags[0], links.tags[0]);
    EXPECT_EQ(client_->links.tags[1], links.tags[1]);

    links.generation = 8;
    links.tags[1] = {31, 32};
    cache_->update_links(question_.key(), links);
    ASSERT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->links.generation, 8U);
    EXPECT_EQ(client_->links.tags[1], links.tags[1]);
    EXPECT_EQ(client_->reply.written().back(), 1);

    links.count = 1;  // not of this entry
    links.generation = 9;
    cache_->update_links(question_.key(), links);
    ASSERT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->links.generation, 8U);
}

TEST_F(CacheTest, TakesNewLimits) {
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

TEST_F(CacheTest, FailuresBackOffAndASuccessClearsThem) {
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

TEST_F(CacheTest, TheSameFailureToldTwiceCountsOnce) {
    for (int i = 0; i < 5; ++i) cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    EXPECT_EQ(client_->lookup(question_, at(4999ms)).freshness, Freshness::Failure);
    EXPECT_EQ(client_->lookup(question_, at(5s)).freshness, Freshness::None);
}

TEST_F(CacheTest, AFailureLongAgoIsForgotten) {
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(1000s));
    EXPECT_EQ(client_->lookup(question_, at(1005s)).freshness, Freshness::None);
}

TEST_F(CacheTest, AFailureLastsASecondAtLeast) {
    auto options = small();
    options.failure_ttl = 0s;
    use(options);
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    EXPECT_EQ(client_->lookup(question_, at(999ms)).freshness, Freshness::Failure);
}

TEST_F(CacheTest, FailuresAreKeptPerQuestion) {
    cache_->store_failure(question_.key(), wire::EdeCode::NetworkError, at(0s));
    auto dnssec = question_;
    dnssec.dnssec_ok = true;
    EXPECT_EQ(client_->lookup(dnssec, at(0s)).freshness, Freshness::None);
    EXPECT_EQ(client_->lookup(ask("example.com"), at(0s)).freshness, Freshness::None);
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Failure);
}

TEST_F(CacheTest, StaleDataStandsBesideAFailure) {
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

TEST_F(CacheTest, FailuresPushOutNoAnswers) {
    client_->store(question_, answer_of(question_, 3600), at(0s));
    for (int i = 0; i < 100'000; ++i)
        cache_->store_failure(ask("f" + std::to_string(i) + ".example").key(), wire::EdeCode::NetworkError, at(0s));
    EXPECT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(cache_->stats().evictions, 0U);
}

TEST_F(CacheTest, ErasesANameOrASubtree) {
    for (const auto* name :
         {"example.com", "www.example.com", "a.b.example.com", "notexample.com", "com", "other.net"}) {
        const auto question = ask(name);
        client_->store(question, answer_of(question, 60), at(0s));
    }
    auto aaaa = ask("example.com");
    aaaa.type = wire::RrType::AAAA;
    client_->store(aaaa, answer_of(aaaa, 60), at(0s));
    cache_->store_failure(ask("f.example.com").key(), wire::EdeCode::NetworkError, at(0s));
    const auto known = [&](const char* name) {
        return client_->lookup(ask(name), at(0s)).freshness != Freshness::None;
    };

    EXPECT_EQ(cache_->erase(wire::Name::parse("EXAMPLE.com").value(), false), 2U);
    EXPECT_FALSE(known("example.com"));
    EXPECT_TRUE(known("www.example.com"));
    EXPECT_TRUE(known("f.example.com"));

    EXPECT_EQ(cache_->erase(wire::Name::parse("example.com").value(), true), 2U);
    EXPECT_FALSE(known("www.example.com"));
    EXPECT_FALSE(known("a.b.example.com"));
    EXPECT_FALSE(known("f.example.com"));
    EXPECT_TRUE(known("notexample.com"));
    EXPECT_TRUE(known("com"));

    EXPECT_EQ(cache_->clear(), 3U);
    EXPECT_FALSE(known("other.net"));
    EXPECT_EQ(cache_->stats().entries, 0U);
}

TEST_F(CacheTest, ErasesWhatManySlicesHold) {
    constexpr int kCount = 20'000;
    for (int i = 0; i < kCount; ++i) {
        const auto question = ask("n" + std::to_string(i) + (i % 2 == 0 ? ".even.example" : ".odd.example"));
        client_->store(question, answer_of(question, 60), at(0s));
    }
    ASSERT_EQ(cache_->stats().entries, kCount);
    EXPECT_EQ(cache_->erase(wire::Name::parse("even.example").value(), true), kCount / 2);
    EXPECT_EQ(cache_->stats().entries, kCount / 2);
    EXPECT_EQ(client_->lookup(ask("n7.odd.example"), at(0s)).freshness, Freshness::Fresh);
}

TEST_F(CacheTest, TheRootIsANameLikeAnother) {
    const auto root = ask(".");
    client_->store(root, answer_of(root, 60), at(0s));
    EXPECT_EQ(client_->lookup(root, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(cache_->erase(root.name, false), 1U);
}

TEST_F(CacheTest, CountsWhatHappens) {
    client_->lookup(question_, at(0s));
    client_->store(question_, answer_of(question_, 60), at(0s));
    client_->lookup(question_, at(0s));
    client_->lookup(question_, at(60s));
    const auto stats = cache_->stats();
    EXPECT_EQ(stats.hits, 1U);
    EXPECT_EQ(stats.misses, 2U);
    EXPECT_EQ(stats.stores, 1U);
    EXPECT_EQ(stats.entries, 1U);
    EXPECT_EQ(stats.deferred, 0U);
    EXPECT_EQ(stats.bytes_max, std::uint64_t{8} << 20);
}

}  // namespace
}  // namespace cenote::cache
