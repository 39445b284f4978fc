// SPDX-License-Identifier: Apache-2.0
//
// [sinkhole]: the answer for a sinkholed name.
#include <fmt/format.h>

#include "resolver/config/answer_mode.h"
#include "resolver/config/sections.h"
#include "resolver/config/values.h"

namespace cenote::config {
namespace {

std::optional<IpAddress> read_address(const TomlTable& sinkhole, std::string_view key, bool wants_v4) {
    const auto text = sinkhole.text(key);
    if (!text) return std::nullopt;
    const auto ip = IpAddress::parse(text->value);
    if (ip && ip->is_v4() == wants_v4) return ip;
    sinkhole.error(key, fmt::format("'{}' is not an {} address", text->value, wants_v4 ? "IPv4" : "IPv6"));
    return std::nullopt;
}

}  // namespace

void read_sinkhole(const TomlTable& root, Draft& draft) {
    const auto table = root.table("sinkhole");
    if (!table) return;
    auto& options = draft.policy.sinkhole;
    options.ipv4 = read_address(*table, "ipv4", true);
    options.ipv6 = read_address(*table, "ipv6", false);
    if (const auto cname = table->text("cname"))
        options.cname = to_name(*cname, wire::NameUse::Single, draft.diagnostics);
    if (const auto ttl = whole_seconds(*table, "ttl", {seconds{0}, seconds{86400}})) options.ttl = *ttl;
    options.txt_reason = table->boolean("txt_reason").value_or(options.txt_reason);
    if (const auto answer = read_answer_mode(*table, draft)) options.answer = *answer;
}

std::optional<policy::AnswerMode> read_answer_mode(const TomlTable& table, Draft& draft) {
    const auto mode =
        word(table, "answer", policy::parse_answer_mode, "null, nodata, nxdomain, address, cname, refused, drop");
    const auto& sinkhole = draft.policy.sinkhole;
    if (mode == policy::AnswerMode::Address && !sinkhole.ipv4 && !sinkhole.ipv6)
        table.error("answer", "'address' needs an address to answer with; set sinkhole.ipv4 or sinkhole.ipv6");
    if (mode == policy::AnswerMode::Cname && !sinkhole.cname)
        table.error("answer", "'cname' needs a name to answer with; set sinkhole.cname");
    return mode;
}

}  // namespace cenote::config
