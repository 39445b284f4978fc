// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/document/parts.h"
#include "resolver/document/phrases.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

/// The sentences "KEY.1", "KEY.2" and so on.
Points numbered(const Reading& reading, std::string_view key) {
    Points points;
    for (int i = 1; find_phrase(fmt::format("{}.{}", key, i), reading.language()); ++i)
        points.points.push_back({"", "", reading.say(fmt::format("{}.{}", key, i)), ""});
    return points;
}

/// "KEY.1.term" and "KEY.1.text" and so on, as rows.
Facts terms(const Reading& reading, std::string_view key) {
    Facts facts;
    for (int i = 1; find_phrase(fmt::format("{}.{}.term", key, i), reading.language()); ++i)
        facts.rows.emplace_back(reading.say(fmt::format("{}.{}.term", key, i)),
                                reading.say(fmt::format("{}.{}.text", key, i)));
    return facts;
}

Facts method_facts(const Reading& reading) {
    const Json& method = at(reading.report(), "method");
    Facts facts;
    const auto add = [&](std::string_view key, std::string value) {
        facts.rows.emplace_back(reading.say(fmt::format("method.{}", key)), std::move(value));
    };
    const auto text = [&](std::string_view path) {
        const std::string found = text_at(method, path);
        return found.empty() ? std::string("–") : found;
    };
    add("smallest", reading.number(at(reading.report(), "scope.smallest")));
    add("registers", reading.number(at(method, "sketch_registers")));
    add("keep_hours", reading.span(at(reading.report(), "made.keep_hours_s")));
    add("catalogue", text("catalogue.digest"));
    add("catalogue_rows", reading.number(at(method, "catalogue.rows")));
    add("catalogue_checked", text("catalogue.checked_newest"));
    add("catalogue_stale", reading.number(at(method, "catalogue.stale")));
    return facts;
}

}  // namespace

Blocks limits_part(const Reading& reading) {
    Blocks blocks;
    add_sentence(blocks, reading.say("limits.about"));
    blocks.emplace_back(numbered(reading, "limit"));
    return blocks;
}

Blocks method_part(const Reading& reading) {
    Blocks blocks;
    blocks.emplace_back(Heading{reading.say("method.definitions")});
    blocks.emplace_back(terms(reading, "definition"));
    blocks.emplace_back(Heading{reading.say("method.how")});
    blocks.emplace_back(numbered(reading, "how"));
    blocks.emplace_back(Heading{reading.say("method.sources")});
    blocks.emplace_back(method_facts(reading));
    for (const char* id : {"policies", "lists", "gaps"}) add_table(reading, blocks, make_table(reading, id));
    return blocks;
}

Blocks annex_part(const Reading& reading) {
    Blocks blocks;
    blocks.emplace_back(Heading{reading.say("annex.tables")});
    add_sentence(blocks, reading.say("annex.tables_text"));
    for (const char* id : {"services", "service_clients", "service_roles", "group_services", "trail", "sealed_days"})
        add_table(reading, blocks, make_table(reading, id));
    blocks.emplace_back(Heading{reading.say("annex.nist")});
    add_sentence(blocks, reading.say("annex.nist_text"));
    blocks.emplace_back(terms(reading, "nist"));
    blocks.emplace_back(Heading{reading.say("annex.nis")});
    add_sentence(blocks, reading.say("annex.nis_text"));
    blocks.emplace_back(terms(reading, "nis"));
    blocks.emplace_back(Heading{reading.say("annex.glossary")});
    blocks.emplace_back(terms(reading, "glossary"));
    return blocks;
}

}  // namespace cenote::document
