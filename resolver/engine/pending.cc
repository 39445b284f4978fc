// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/pending.h"

#include <algorithm>
#include <bit>

#include "resolver/base/hash.h"
#include "resolver/base/random.h"

namespace cenote::engine {

void PendingQuery::keep(const wire::Query& query) noexcept {
    id_ = query.id;
    flags_ = query.flags;
    edns_ = query.edns;
    edns_.cookie = {};
    question_size_ = static_cast<std::uint16_t>(std::min(query.question.size(), kQuestionMax));
    std::copy_n(query.question.begin(), question_size_, question_.begin());
    cookie_size_ = static_cast<std::uint8_t>(std::min(query.edns.cookie.size(), kCookieMax));
    std::copy_n(query.edns.cookie.begin(), cookie_size_, cookie_.begin());
}

void PendingQuery::restore(wire::Query& query) const noexcept {
    query.id = id_;
    query.flags = flags_;
    query.edns = edns_;
    query.edns.cookie = ByteView(cookie_).first(cookie_size_);
    query.question = ByteView(question_).first(question_size_);
    std::size_t end = 0;
    // The question was read once before, so it can be read again.
    CENOTE_CHECK(query.name.read_uncompressed(query.question, end) && end + 4 == question_size_);
    query.type = static_cast<wire::RrType>(load_u16(&question_[end]));
    query.rr_class = static_cast<wire::RrClass>(load_u16(&question_[end + 2]));
}

Pending::Pending(const PendingLimits& limits)
    : limits_(limits),
      seed_(random_u64()),
      slots_(limits.queries_max),
      per_client_(std::bit_ceil(limits.queries_max * 4U)) {}

SlabHandle Pending::add(const Client& client, Refusal& refusal) noexcept {
    std::uint16_t& count = waiting(client.peer.ip);
    if (count >= limits_.per_client_max) {
        refusal = Refusal::ClientFull;
        return {};
    }
    const SlabHandle handle = slots_.take();
    if (!handle.valid()) {
        refusal = Refusal::Full;
        return {};
    }
    refusal = Refusal::None;
    ++count;
    slots_.find(handle)->client = client;
    return handle;
}

void Pending::remove(SlabHandle handle) noexcept {
    const PendingQuery* query = slots_.find(handle);
    if (query == nullptr) return;
    --waiting(query->client.peer.ip);
    slots_.give_back(handle);
}

std::uint16_t& Pending::waiting(const IpAddress& client) noexcept {
    return per_client_[hash64(client.octets(), seed_) & (per_client_.size() - 1)];
}

}  // namespace cenote::engine
