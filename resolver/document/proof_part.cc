// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include "resolver/document/parts.h"
#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

/// The rules with the numbers by which the rows of the risk table refer to them.
Table rules_table(const Reading& reading) {
    using enum Form;
    static constexpr std::array kColumns{ColumnPlan{"rule", "number", Number},
                                         ColumnPlan{"when", "when", Word, Shown::Always, "when"},
                                         ColumnPlan{"attention", "attention", Word, Shown::Always, "severity"}};
    TableMaker maker(reading, "risk_rules", kColumns);
    std::int64_t number = 0;
    for (const Json& rule : at(reading.report(), "risk.rules")) {
        Json row = rule;
        row["number"] = ++number;
        maker.add({&row});
    }
    return std::move(maker).finish();
}

}  // namespace

Blocks proof_part(const Reading& reading) {
    Blocks blocks;
    add_sentence(blocks, reading.say("proof.about"));
    add_table(reading, blocks, make_table(reading, "proofs"));
    if (size_at(reading.report(), "proof") != 0) add_table(reading, blocks, make_table(reading, "proof_deviations"));
    add_table(reading, blocks, make_table(reading, "downtime"));
    add_table(reading, blocks, make_table(reading, "suspensions"));
    return blocks;
}

Blocks risk_part(const Reading& reading) {
    Blocks blocks;
    const Json& risk = at(reading.report(), "risk");
    const std::string source = text_at(risk, "source");
    add_sentence(blocks, reading.say("risk.about", {{"source", reading.word("risk_source", source)},
                                                    {"digest", text_at(risk, "table_digest")}}));
    add_table(reading, blocks, make_table(reading, "risk"));
    add_table(reading, blocks, rules_table(reading));
    if (const std::string text = text_at(risk, "text"); !text.empty()) {
        add_sentence(blocks, reading.say("risk.text"));
        blocks.emplace_back(Verbatim{text});
    }
    return blocks;
}

}  // namespace cenote::document
