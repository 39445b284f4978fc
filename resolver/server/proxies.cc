// SPDX-License-Identifier: Apache-2.0
#include "resolver/server/proxies.h"

#include <utility>

#include "resolver/base/hash.h"
#include "resolver/base/random.h"

namespace cenote::server {
namespace {

constexpr std::size_t kRecent = 4096;

PrefixTable table_of(const std::vector<Prefix>& prefixes) {
    std::vector<std::pair<Prefix, PrefixTable::Value>> rows;
    rows.reserve(prefixes.size());
    for (const Prefix& prefix : prefixes) rows.emplace_back(prefix, 1);
    return {rows, 0};
}

}  // namespace

Proxies::Proxies(const std::vector<Prefix>& prefixes) : any_(!prefixes.empty()), table_(table_of(prefixes)) {}

telemetry::Counter refusal_of(wire::ProxyRead read) noexcept {
    switch (read) {
        case wire::ProxyRead::Missing: return telemetry::Counter::ProxyMissing;
        case wire::ProxyRead::Version1: return telemetry::Counter::ProxyVersion1;
        case wire::ProxyRead::Ok:
        case wire::ProxyRead::Partial:
        case wire::ProxyRead::Malformed: break;
    }
    return telemetry::Counter::ProxyMalformed;
}

void set_client(const wire::ProxyHeader& header, engine::Client& client) noexcept {
    client.peer = header.client;
    if (header.asked.is_unspecified()) return;
    client.local = header.asked;
    client.proxied = true;
}

ProxyPaths::ProxyPaths() : seed_(random_u64()), kept_(kKept), recent_(kRecent) {}

std::uint32_t ProxyPaths::keep(const ProxyPath& path) noexcept {
    std::uint32_t& recent = recent_[hash64(path.proxy.ip.octets(), seed_ + path.proxy.port) % kRecent];
    // The number of an old path would be forgotten too soon.
    if (recent != 0 && next_ - recent <= kKept / 2 && kept_[recent % kKept] == path) return recent;
    recent = next_;
    kept_[recent % kKept] = path;
    if (++next_ == 0) ++next_;
    return recent;
}

ProxyPath ProxyPaths::at(std::uint32_t path) const noexcept {
    const bool is_kept = path != 0 && path != next_ && next_ - path <= kKept;
    return is_kept ? kept_[path % kKept] : ProxyPath{};
}

}  // namespace cenote::server
