// SPDX-License-Identifier: Apache-2.0
//
// JSON that others gave us: a report to be shown or verified, the record of a proof, the settings and the metrics of a
// daemon. A report that one format refuses every format refuses, and a page of it has no element of its texts.
//
// Input: a byte that chooses, then the text. Since few texts are reports, one choice takes a patch of a whole report:
// an object is merged into it (RFC 7396), an array is applied (RFC 6902).

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "resolver/base/check.h"
#include "resolver/document/document.h"
#include "resolver/document/shape.h"
#include "resolver/pages/metric_values.h"
#include "resolver/report/proof_record.h"
#include "resolver/web/settings.h"
#include "tests/document/report_fixture.h"
#include "tests/fuzz/input.h"

namespace {

using namespace cenote;
using control::Json;

fuzz::Goal shown("a report is shown");
fuzz::Goal refused("a report is refused");
fuzz::Goal proof_read("a proof is read");
fuzz::Goal settings_read("settings are read");
fuzz::Goal metric_read("a metric is read");

constexpr std::size_t kDepthMax = 64;

void try_report(const Json& json) {
    const Status shape = document::check_shape(json);
    for (const auto language : {document::Language::English, document::Language::Korean}) {
        const auto text = document::text(json, language);
        const auto html = document::html(json, language);
        const auto tables = document::tables(json, language);
        CENOTE_CHECK((shape.ok() || !text.ok()) && html.ok() == text.ok() && tables.ok() == text.ok());
        if (!text) {
            refused.reach();
            CENOTE_CHECK(!text.error().text.empty());
            continue;
        }
        shown.reach();
        CENOTE_CHECK(html->find("<script") == std::string::npos);
        for (const auto& table : *tables) (void)document::csv(table, "0000");
    }
}

void try_patch(const Json& patch) {
    Json report = document::plausible_report();
    try {
        if (patch.is_array())
            report = report.patch(patch);
        else
            report.merge_patch(patch);
    } catch (const Json::exception&) {
        return;
    }
    try_report(report);
}

void try_metrics(const std::string& text) {
    const pages::MetricValues values(text);
    for (fuzz::Input lines{std::string_view(text)}; !lines.empty();) {
        const std::string_view line = lines.line();
        const std::string name(line.substr(0, line.find_first_of("{ ")));
        for (const auto& value : values.of(name)) {
            metric_read.reach();
            for (const auto& [label, of] : value.labels) CENOTE_CHECK(values.labelled(name, label, of).has_value());
        }
    }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    fuzz::Input input(data, size);
    const auto kind = input.u8() % 5;
    const std::string text(input.text());
    if (kind == 3) {
        try_metrics(text);
        return 0;
    }
    const auto deep = [](int depth, Json::parse_event_t, Json&) { return depth <= static_cast<int>(kDepthMax); };
    const Json json = Json::parse(text, deep, false);
    if (json.is_discarded()) return 0;
    switch (kind) {
        case 0: try_report(json); break;
        case 1: {
            const bool good = report::check_proof(json).ok();
            if (good) proof_read.reach();
            CENOTE_CHECK(!good || (report::read_proof(text).ok() && !report::proof_sentence(text).empty()));
            break;
        }
        case 2:
            if (web::Settings::read(json)) settings_read.reach();
            break;
        default: try_patch(json); break;
    }
    return 0;
}
