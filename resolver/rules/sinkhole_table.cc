// SPDX-License-Identifier: Apache-2.0
//
// [sinkhole]: the answer for a sinkholed name.
#include <fmt/format.h>

#include "resolver/base/time_text.h"
#include "resolver/base/toml_values.h"
#include "resolver/policy/policy.h"
#include "resolver/rules/answer_mode.h"
#include "resolver/rules/policy_tables.h"
#include "resolver/rules/toml_writer.h"
#include "resolver/wire/toml_names.h"

namespace cenote::rules {
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

void read_sinkhole(const TomlTable& root, PolicyDraft& draft) {
    const auto table = root.table("sinkhole");
    if (!table) return;
    auto& options = draft.policy.sinkhole;
    options.ipv4 = read_address(*table, "ipv4", true);
    options.ipv6 = read_address(*table, "ipv6", false);
    if (const auto cname = table->text("cname"))
        options.cname = wire::read_name(*cname, wire::NameUse::Single, draft.diagnostics);
    if (const auto ttl = read_whole_seconds(*table, "ttl", {seconds{0}, seconds{86400}})) options.ttl = *ttl;
    options.txt_reason = table->boolean("txt_reason").value_or(options.txt_reason);
    const auto answer = read_answer_mode(*table);
    check_answer_mode(answer, options, table->place("answer"), draft.diagnostics);
    if (answer) options.answer = *answer;
}

std::optional<policy::AnswerMode> read_answer_mode(const TomlTable& table) {
    return read_word(table, "answer", policy::parse_answer_mode,
                     "null, nodata, nxdomain, address, cname, refused, drop");
}

void check_answer_mode(std::optional<policy::AnswerMode> mode, const policy::SinkholeOptions& sinkhole,
                       const SourcePlace& place, Diagnostics& diagnostics) {
    if (mode == policy::AnswerMode::Address && !sinkhole.ipv4 && !sinkhole.ipv6)
        diagnostics.error(place, "'address' needs an address to answer with; set sinkhole.ipv4 or sinkhole.ipv6");
    if (mode == policy::AnswerMode::Cname && !sinkhole.cname)
        diagnostics.error(place, "'cname' needs a name to answer with; set sinkhole.cname");
}

std::string to_toml(const policy::SinkholeOptions& sinkhole) {
    TomlWriter table("[sinkhole]");
    table.text("answer", policy::answer_mode_to_text(sinkhole.answer));
    if (sinkhole.ipv4) table.text("ipv4", sinkhole.ipv4->to_string());
    if (sinkhole.ipv6) table.text("ipv6", sinkhole.ipv6->to_string());
    if (sinkhole.cname) table.text("cname", wire::typed_text(*sinkhole.cname));
    table.text("ttl", format_duration(sinkhole.ttl));
    table.line("txt_reason", sinkhole.txt_reason ? "true" : "false");
    return std::move(table).finish();
}

}  // namespace cenote::rules
