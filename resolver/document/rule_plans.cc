// SPDX-License-Identifier: Apache-2.0
#include <array>

#include "resolver/document/plans.h"

namespace cenote::document {
namespace {

using enum Form;
using enum Shown;

constexpr std::array kDirectives{
    ColumnPlan{"directive", "id", Text},
    ColumnPlan{"title", "title", Title},
    ColumnPlan{"state", "state", Word, Always, "state"},
    ColumnPlan{"issuer", "issuer", Text, CsvOnly},
    ColumnPlan{"basis", "basis", Text, CsvOnly},
    ColumnPlan{"layer", "layer", Word, CsvOnly, "layer"},
    ColumnPlan{"targets", "targets", List, CsvOnly},
    ColumnPlan{"groups", "groups", List, CsvOnly},
    ColumnPlan{"starts", "starts", Time, CsvOnly},
    ColumnPlan{"ends", "ends", Time, CsvOnly},
    ColumnPlan{"switch", "switch", Time},
    ColumnPlan{"from_before", "compared.from_before", Time, CsvOnly},
    ColumnPlan{"to_before", "compared.to_before", Time, CsvOnly},
    ColumnPlan{"from_during", "compared.from_during", Time, CsvOnly},
    ColumnPlan{"to_during", "compared.to_during", Time, CsvOnly},
    ColumnPlan{"from_after", "compared.from_after", Time, CsvOnly},
    ColumnPlan{"to_after", "compared.to_after", Time, CsvOnly},
    ColumnPlan{"days_matched", "compared.days_matched", Number, CsvOnly},
    ColumnPlan{"why_not", "compared.why_not", Word, CsvOnly, "why_not"},
    ColumnPlan{"median_before", "before.median", Milli},
    ColumnPlan{"low_before", "before.low", Milli, CsvOnly},
    ColumnPlan{"high_before", "before.high", Milli, CsvOnly},
    ColumnPlan{"median_during", "during.median", Milli},
    ColumnPlan{"low_during", "during.low", Milli, CsvOnly},
    ColumnPlan{"high_during", "during.high", Milli, CsvOnly},
    ColumnPlan{"median_after", "after.median", Milli},
    ColumnPlan{"low_after", "after.low", Milli, CsvOnly},
    ColumnPlan{"high_after", "after.high", Milli, CsvOnly},
    ColumnPlan{"effect", "effect.permille", Share},
    ColumnPlan{"effect_low", "effect.low", Share, CsvOnly},
    ColumnPlan{"effect_high", "effect.high", Share, CsvOnly},
    ColumnPlan{"retries", "retries", Number, CsvOnly},
    ColumnPlan{"exceptions", "exceptions", Number},
    ColumnPlan{"would_queries", "would_have_hit.queries", Number, CsvOnly},
    ColumnPlan{"would_episodes", "would_have_hit.episodes", People, CsvOnly},
};
constexpr std::array kSteps{
    ColumnPlan{"directive", "^id", Text, CsvOnly},
    ColumnPlan{"at", "at", Time},
    ColumnPlan{"step", "step", Word, Always, "step"},
};
constexpr std::array kSeries{
    ColumnPlan{"directive", "^id", Text, CsvOnly}, ColumnPlan{"day", "day", Day},
    ColumnPlan{"episodes", "episodes", People},    ColumnPlan{"queries", "queries", Number},
    ColumnPlan{"limited", "limited", Number},
};
constexpr std::array kHits{
    ColumnPlan{"directive", "^id", Text, CsvOnly},
    ColumnPlan{"group", "group", Group},
    ColumnPlan{"verdict", "verdict", Word, Always, "verdict"},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kWould{
    ColumnPlan{"directive", "^id", Text, CsvOnly},
    ColumnPlan{"service", "id", Service},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kHeld{
    ColumnPlan{"directive", "^id", Text, CsvOnly},
    ColumnPlan{"from", "from", Time},
    ColumnPlan{"to", "to", Time},
};
constexpr std::array kExceptions{
    ColumnPlan{"exception", "id", Text},
    ColumnPlan{"directive", "directive", Text},
    ColumnPlan{"group", "group", Group},
    ColumnPlan{"purpose", "purpose", Title},
    ColumnPlan{"state", "state", Word, Always, "exception_state"},
    ColumnPlan{"asked_at", "asked_at", Time, CsvOnly},
    ColumnPlan{"asked_by", "asked_by", Text, CsvOnly},
    ColumnPlan{"agreed_by", "agreed_by", List, CsvOnly},
    ColumnPlan{"from", "from", Time, CsvOnly},
    ColumnPlan{"until", "until", Time},
    ColumnPlan{"length", "length_s", Seconds},
    ColumnPlan{"emergency", "emergency", Word, CsvOnly, "flag"},
    ColumnPlan{"ratified_at", "ratified_at", Time, CsvOnly},
    ColumnPlan{"used", "used", Number},
    ColumnPlan{"shared", "shared", Word, CsvOnly, "flag"},
    ColumnPlan{"first", "first", Time, CsvOnly},
    ColumnPlan{"last", "last", Time, CsvOnly},
};
constexpr std::array kSignals{
    ColumnPlan{"signal", "signal", Word, Always, "signal"},
    ColumnPlan{"queries", "total", Number},
    ColumnPlan{"days", "days", Number},
};
constexpr std::array kSignalGroups{
    ColumnPlan{"group", "^group", Group},
    ColumnPlan{"signal", "signal", Word, Always, "signal"},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kSignalDays{
    ColumnPlan{"day", "day", Day},
    ColumnPlan{"signal", "signal", Word, Always, "signal"},
    ColumnPlan{"queries", "queries", Number},
};
constexpr std::array kSilence{
    ColumnPlan{"group", "group", Group},
    ColumnPlan{"day", "day", Day},
    ColumnPlan{"queries", "queries", Number},
    ColumnPlan{"usual", "usual", Number},
};

constexpr std::array kRulePlans{
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

std::span<const TablePlan> rule_plans() noexcept { return kRulePlans; }

}  // namespace cenote::document
