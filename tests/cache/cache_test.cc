// SPDX-License-Identifier: Apache-2.0
//
// Storing, finding and erasing answers.
#include "tests/cache/cache_fixture.h"

namespace cenote::cache {
namespace {

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

    links.count = 1;  // not the number of links of this entry
    links.generation = 9;
    cache_->update_links(question_.key(), links);
    ASSERT_EQ(client_->lookup(question_, at(0s)).freshness, Freshness::Fresh);
    EXPECT_EQ(client_->links.generation, 8U);
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

}  // namespace
}  // namespace cenote::cache
