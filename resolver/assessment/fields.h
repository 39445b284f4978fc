// SPDX-License-Identifier: Apache-2.0
//
// The names of the fields of a report's document (docs/report.schema.json).
//
// Threads: constants.   Memory: none.   Failure: none.
#pragma once

namespace cenote::assessment::field {

using Name = const char*;

// the document
inline constexpr Name kReport = "report";
inline constexpr Name kMade = "made";
inline constexpr Name kDataDigest = "data_digest";
inline constexpr Name kPeriod = "period";
inline constexpr Name kScope = "scope";
inline constexpr Name kData = "data";
inline constexpr Name kPolicies = "policies";
inline constexpr Name kSummary = "summary";
inline constexpr Name kFindings = "findings";
inline constexpr Name kUse = "use";
inline constexpr Name kWho = "who";
inline constexpr Name kDirectives = "directives";
inline constexpr Name kExceptions = "exceptions";
inline constexpr Name kBypass = "bypass";
inline constexpr Name kProof = "proof";
inline constexpr Name kDowntime = "downtime";
inline constexpr Name kSuspensions = "suspensions";
inline constexpr Name kRisk = "risk";
inline constexpr Name kMethod = "method";
inline constexpr Name kTrail = "trail";

// made
inline constexpr Name kAt = "at";
inline constexpr Name kBy = "by";
inline constexpr Name kNode = "node";
inline constexpr Name kVersion = "version";
inline constexpr Name kTitle = "title";
inline constexpr Name kLangDefault = "lang_default";
inline constexpr Name kKeepHoursS = "keep_hours_s";
inline constexpr Name kLists = "lists";
inline constexpr Name kLastGood = "last_good";

// period and scope
inline constexpr Name kFrom = "from";
inline constexpr Name kTo = "to";
inline constexpr Name kZone = "zone";
inline constexpr Name kDays = "days";
inline constexpr Name kCountedFrom = "counted_from";
inline constexpr Name kCountedTo = "counted_to";
inline constexpr Name kHours = "hours";
inline constexpr Name kExact = "exact";
inline constexpr Name kPeopleFrom = "people_from";
inline constexpr Name kPeopleTo = "people_to";
inline constexpr Name kNodes = "nodes";
inline constexpr Name kDirective = "directive";
inline constexpr Name kGroup = "group";
inline constexpr Name kGroups = "groups";
inline constexpr Name kClientsExpected = "clients_expected";
inline constexpr Name kSmallest = "smallest";

// data
inline constexpr Name kGaps = "gaps";
inline constexpr Name kDamagedRows = "damaged_rows";
inline constexpr Name kSeeds = "seeds";
inline constexpr Name kDay = "day";
inline constexpr Name kDigest = "digest";
inline constexpr Name kWhy = "why";
inline constexpr Name kCatalogue = "catalogue";

// figures
inline constexpr Name kCount = "n";
inline constexpr Name kLow = "low";
inline constexpr Name kHigh = "high";
inline constexpr Name kFewerThan = "fewer_than";
inline constexpr Name kHidden = "hidden";

// summary and findings
inline constexpr Name kKind = "kind";
inline constexpr Name kSeverity = "severity";
inline constexpr Name kObject = "object";
inline constexpr Name kDo = "do";
inline constexpr Name kService = "service";
inline constexpr Name kBefore = "before";
inline constexpr Name kAfter = "after";
inline constexpr Name kMedian = "median";
inline constexpr Name kChange = "change";
inline constexpr Name kQueries = "queries";
inline constexpr Name kEpisodes = "episodes";
inline constexpr Name kServices = "services";
inline constexpr Name kQueriesLimited = "queries_limited";
inline constexpr Name kQueriesDirective = "queries_directive";
inline constexpr Name kShare = "share";
inline constexpr Name kAsked = "asked";
inline constexpr Name kAgreed = "agreed";
inline constexpr Name kDenied = "denied";
inline constexpr Name kUsed = "used";
inline constexpr Name kChecks = "checks";
inline constexpr Name kDeviations = "deviations";
inline constexpr Name kTimeS = "time_s";
inline constexpr Name kHowMany = "count";
inline constexpr Name kSignals = "signals";
inline constexpr Name kColour = "colour";
inline constexpr Name kRule = "rule";
inline constexpr Name kMissingS = "missing_s";

// use
inline constexpr Name kId = "id";
inline constexpr Name kName = "name";
inline constexpr Name kVendor = "vendor";
inline constexpr Name kJurisdiction = "jurisdiction";
inline constexpr Name kCategory = "category";
inline constexpr Name kStatus = "status";
inline constexpr Name kTotal = "total";
inline constexpr Name kClients = "clients";
inline constexpr Name kMonth = "month";
inline constexpr Name kRoles = "roles";
inline constexpr Name kRole = "role";
inline constexpr Name kFirst = "first";
inline constexpr Name kLast = "last";
inline constexpr Name kCategories = "categories";
inline constexpr Name kVendors = "vendors";
inline constexpr Name kJurisdictions = "jurisdictions";
inline constexpr Name kConcentration = "concentration";
inline constexpr Name kTop5Share = "top5_share";
inline constexpr Name kHour = "hour";
inline constexpr Name kGapS = "gap_s";
inline constexpr Name kEdges = "edges";
inline constexpr Name kStep = "step";

// who
inline constexpr Name kRows = "rows";
inline constexpr Name kCells = "cells";

// directives
inline constexpr Name kIssuer = "issuer";
inline constexpr Name kBasis = "basis";
inline constexpr Name kTargets = "targets";
inline constexpr Name kDocument = "document";
inline constexpr Name kLayer = "layer";
inline constexpr Name kSteps = "steps";
inline constexpr Name kState = "state";
inline constexpr Name kStarts = "starts";
inline constexpr Name kEnds = "ends";
inline constexpr Name kSwitch = "switch";
inline constexpr Name kCompared = "compared";
inline constexpr Name kFromBefore = "from_before";
inline constexpr Name kToBefore = "to_before";
inline constexpr Name kFromDuring = "from_during";
inline constexpr Name kToDuring = "to_during";
inline constexpr Name kFromAfter = "from_after";
inline constexpr Name kToAfter = "to_after";
inline constexpr Name kDaysMatched = "days_matched";
inline constexpr Name kWhyNot = "why_not";
inline constexpr Name kDuring = "during";
inline constexpr Name kEffect = "effect";
inline constexpr Name kPermille = "permille";
inline constexpr Name kSeries = "series";
inline constexpr Name kLimited = "limited";
inline constexpr Name kHits = "hits";
inline constexpr Name kVerdict = "verdict";
inline constexpr Name kRetries = "retries";
inline constexpr Name kWouldHaveHit = "would_have_hit";
inline constexpr Name kSuspended = "suspended";

// exceptions
inline constexpr Name kPurpose = "purpose";
inline constexpr Name kAskedAt = "asked_at";
inline constexpr Name kAskedBy = "asked_by";
inline constexpr Name kAgreedBy = "agreed_by";
inline constexpr Name kUntil = "until";
inline constexpr Name kLengthS = "length_s";
inline constexpr Name kEmergency = "emergency";
inline constexpr Name kRatifiedAt = "ratified_at";
inline constexpr Name kShared = "shared";

// bypass
inline constexpr Name kSignal = "signal";
inline constexpr Name kSilence = "silence";
inline constexpr Name kUsual = "usual";

// proof
inline constexpr Name kType = "type";
inline constexpr Name kTransport = "transport";
inline constexpr Name kVariant = "variant";
inline constexpr Name kExpected = "expected";
inline constexpr Name kGot = "got";
inline constexpr Name kEde = "ede";

// risk
inline constexpr Name kTableDigest = "table_digest";
inline constexpr Name kSource = "source";
inline constexpr Name kRules = "rules";
inline constexpr Name kWhen = "when";
inline constexpr Name kAttention = "attention";
inline constexpr Name kFacts = "facts";
inline constexpr Name kDataPath = "data_path";
inline constexpr Name kText = "text";

// method
inline constexpr Name kSketchRegisters = "sketch_registers";
inline constexpr Name kCheckedNewest = "checked_newest";
inline constexpr Name kStale = "stale";

// trail
inline constexpr Name kNumber = "number";
inline constexpr Name kActor = "actor";
inline constexpr Name kAction = "action";
inline constexpr Name kRef = "ref";
inline constexpr Name kNote = "note";
inline constexpr Name kRequester = "requester";

}  // namespace cenote::assessment::field
