// SPDX-License-Identifier: Apache-2.0
#include "resolver/engine/pending.h"

#include <algorithm>

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
    // The question was parsed before, so it can be parsed again.
    CENOTE_CHECK(query.name.read_uncompressed(query.question, end) && end + 4 == question_size_);
    query.type = static_cast<wire::RrType>(load_u16(&question_[end]));
    query.rr_class = static_cast<wire::RrClass>(load_u16(&question_[end + 2]));
}

Pending::Pending(const PendingLimits& limits)
    : limits_(limits), slots_(limits.queries_max), per_client_(limits.queries_max, limits.client) {}

/// How many queries of one client may wait now.
std::uint32_t Pending::share() const noexcept {
    const std::uint32_t free = limits_.shared_max - std::min(slots_.used(), limits_.shared_max);
    return std::min(std::max(free, kShareLeast), limits_.per_client_max);
}

SlabHandle Pending::add(const Client& client, Refusal& refusal) noexcept {
    if (per_client_.get(client.peer.ip) >= share()) {
        refusal = Refusal::ClientFull;
        return {};
    }
    const SlabHandle handle = slots_.take();
    if (!handle.valid()) {
        refusal = Refusal::Full;
        return {};
    }
    refusal = Refusal::None;
    per_client_.add(client.peer.ip);
    slots_.at(handle).client = client;
    return handle;
}

void Pending::remove(SlabHandle handle) noexcept {
    const PendingQuery* query = slots_.find(handle);
    if (query == nullptr) return;
    per_client_.remove(query->client.peer.ip);
    slots_.give_back(handle);
}

}  // namespace cenote::engine
