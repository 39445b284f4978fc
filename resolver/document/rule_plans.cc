// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

using enum Form;
constexpr auto kCsv = Shown::CsvOnly;
constexpr auto kAll = Shown::Always;

constexpr std::array kDirectives{
    ColumnPlan{"directive", "id", Text},
    ColumnPlan{"title", "title", Title},
    ColumnPlan{"state", "state", Word, kAll, "state"},
    ColumnPlan{"issuer", "issuer", Text, kCsv},
    ColumnPlan{"basis", "basis", Text, kCsv},
    ColumnPlan{"layer", "layer", Word, kCsv, "layer"},
    ColumnPlan{"targets", "targets", List, kCsv},
    ColumnPlan{"groups", "groups", List, kCsv},
    ColumnPlan{"starts", "starts", Time, kCsv},
    ColumnPlan{"ends", "ends", Time, kCsv},
    ColumnPlan{"switch", "switch", Time},
    ColumnPlan{"from_before", "compared.from_before", Time, kCsv},
    ColumnPlan{"to_before", "compared.to_before", Time, kCsv},
    ColumnPlan{"from_during", "compared.from_during", Time, kCsv},
    ColumnPlan{"to_during", "compared.to_during", Time, kCsv},
    ColumnPlan{"from_after", "compared.from_after", Time, kCsv},
    ColumnPlan{"to_after", "compared.to_after", Time, kCsv},
    ColumnPlan{"days_matched", "compared.days_matched", Number, kCsv},
    ColumnPlan{"why_not", "compared.why_not", Word, kCsv, "why_not"},
    ColumnPlan{"median_before", "before.median", Milli},
    ColumnPlan{"low_before", "before.low", Milli, kCsv},
    ColumnPlan{"high_before", "before.high", Milli, kCsv},
    ColumnPlan{"median_during", "during.median", Milli},
    ColumnPlan{"low_during", "during.low", Milli, kCsv},
    ColumnPlan{"high_during", "during.high", Milli, kCsv},
    ColumnPlan{"median_after", "after.median", Milli},
    ColumnPlan{"low_after", "after.low", Milli, kCsv},
    ColumnPlan{"high_after", "after.high", Milli, kCsv},
    ColumnPlan{"effect", "effect.permille", Share},
    ColumnPlan{"effect_low", "effect.low", Share, kCsv},
    ColumnPlan{"effect_high", "effect.high", Share, kCsv},
    ColumnPlan{"retries", "retries", Number, kCsv},
    ColumnPlan{"exceptions", "exceptions", Number},
    ColumnPlan{"would_queries", "would_have_hit.queries", Number, kCsv},
    ColumnPlan{"would_episodes", "would_have_hit.episodes", People, kCsv},
};
constexpr std::array kSteps{
    ColumnPlan{"directive", "^id", Text, kCsv},
    ColumnPlan{"at", "at", Time},
    ColumnPlan{"step", "step", Word, kAll, "step"},
};
constexpr std::array kSeries{
    ColumnPlan{"directive", "^id", Text, kCsv}, ColumnPlan{"day", "day", Day},
    ColumnPlan{"episodes", "episodes", People}, ColumnPlan{"queries", "queries", Number},
    ColumnPlan{"limited", "limited", Number},
};
constexpr std::array kHits{
    ColumnPlan{"directive", "^id", Text, kCsv},
    ColumnPlan{"group", "group", Group},
    ColumnPlan{"verdict", "verdict", Word, kAll, "verdict"},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kWould{
    ColumnPlan{"directive", "^id", Text, kCsv},
    ColumnPlan{"service", "id", Service},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kHeld{
    ColumnPlan{"directive", "^id", Text, kCsv},
    ColumnPlan{"from", "from", Time},
    ColumnPlan{"to", "to", Time},
};
constexpr std::array kExceptions{
    ColumnPlan{"exception", "id", Text},
    ColumnPlan{"directive", "directive", Text},
    ColumnPlan{"group", "group", Group},
    ColumnPlan{"purpose", "purpose", Title},
    ColumnPlan{"state", "state", Word, kAll, "exception_state"},
    ColumnPlan{"asked_at", "asked_at", Time, kCsv},
    ColumnPlan{"asked_by", "asked_by", Text, kCsv},
    ColumnPlan{"agreed_by", "agreed_by", List, kCsv},
    ColumnPlan{"from", "from", Time, kCsv},
    ColumnPlan{"until", "until", Time},
    ColumnPlan{"length", "length_s", Seconds},
    ColumnPlan{"emergency", "emergency", Word, kCsv, "flag"},
    ColumnPlan{"ratified_at", "ratified_at", Time, kCsv},
    ColumnPlan{"used", "used", Number},
    ColumnPlan{"shared", "shared", Word, kCsv, "flag"},
    ColumnPlan{"first", "first", Time, kCsv},
    ColumnPlan{"last", "last", Time, kCsv},
};
constexpr std::array kSignals{
    ColumnPlan{"signal", "signal", Word, kAll, "signal"},
    ColumnPlan{"queries", "total", Number},
    ColumnPlan{"days", "days", Number},
};
constexpr std::array kSignalGroups{
    ColumnPlan{"group", "^group", Group},
    ColumnPlan{"signal", "signal", Word, kAll, "signal"},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kSignalDays{
    ColumnPlan{"day", "day", Day},
    ColumnPlan{"signal", "signal", Word, kAll, "signal"},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kSilence{
    ColumnPlan{"group", "group", Group},
    ColumnPlan{"day", "day", Day},
    ColumnPlan{"queries", "queries", Number},
    ColumnPlan{"usual", "usual", Number},
};

constexpr std::array kPlans{
    TablePlan{"directives", "directives[]", kDirectives},
    TablePlan{"directive_steps", "directives[].steps[]", kSteps},
    TablePlan{"directive_days", "directives[].series[]", kSeries},
    TablePlan{"directive_hits", "directives[].hits[]", kHits},
    TablePlan{"directive_would", "directives[].would_have_hit.services[]", kWould},
    TablePlan{"directive_suspended", "directives[].suspended[]", kHeld},
    TablePlan{"exceptions", "exceptions[]", kExceptions},
    TablePlan{"signals", "bypass.signals[]", kSignals},
    TablePlan{"signal_groups", "bypass.rows[].cells[]", kSignalGroups},
    TablePlan{"signal_days", "bypass.days[]", kSignalDays},
    TablePlan{"silence", "bypass.silence[]", kSilence},
};

}  // namespace

std::span<const TablePlan> rule_plans() noexcept { return kPlans; }

}  // namespace cenote::document
