// SPDX-License-Identifier: Apache-2.0
//
// The names of the JSON fields of requests, of replies, and of what cenoted and cenote print (docs/CONTROL.md): a
// writer and a reader that spell a field differently do not compile.
//
// Threads: constants.   Memory: none.   Failure: none.
#pragma once

namespace cenote::report::field {

using Name = const char*;

// Rows of several shapes.
inline constexpr Name kId = "id";
inline constexpr Name kName = "name";
inline constexpr Name kClient = "client";
inline constexpr Name kClients = "clients";
inline constexpr Name kGroup = "group";
inline constexpr Name kGroups = "groups";
inline constexpr Name kService = "service";
inline constexpr Name kDirective = "directive";
inline constexpr Name kVerdict = "verdict";
inline constexpr Name kAnswer = "answer";
inline constexpr Name kQueries = "queries";
inline constexpr Name kEntries = "entries";
inline constexpr Name kFormat = "format";
inline constexpr Name kNotes = "notes";
inline constexpr Name kLastSeen = "last_seen";
inline constexpr Name kPolicyVersion = "policy_version";

// explain
inline constexpr Name kUnicode = "unicode";
inline constexpr Name kType = "type";
inline constexpr Name kServiceName = "service_name";
inline constexpr Name kList = "list";
inline constexpr Name kException = "exception";
inline constexpr Name kCertificates = "certificates";  // of a group: names in certificates of clients
inline constexpr Name kTokens = "tokens";              // of a group: whether clients come into it by tokens
inline constexpr Name kAllow = "allow";
inline constexpr Name kSuspension = "suspension";
inline constexpr Name kMatched = "matched";
inline constexpr Name kUntil = "until";
inline constexpr Name kChanges = "changes";
inline constexpr Name kNextVerdict = "next_verdict";
inline constexpr Name kSteps = "steps";
inline constexpr Name kStanding = "standing";
inline constexpr Name kText = "text";

// services
inline constexpr Name kVendor = "vendor";
inline constexpr Name kJurisdiction = "jurisdiction";
inline constexpr Name kCategory = "category";
inline constexpr Name kAliases = "aliases";
inline constexpr Name kDefault = "default";
inline constexpr Name kDomains = "domains";
inline constexpr Name kShared = "shared";
inline constexpr Name kNote = "note";
inline constexpr Name kChecked = "checked";
inline constexpr Name kEvidence = "evidence";
inline constexpr Name kStale = "stale";
inline constexpr Name kHosts = "hosts";
inline constexpr Name kRole = "role";
inline constexpr Name kStrict = "strict";
inline constexpr Name kSeen = "seen";
inline constexpr Name kDay = "day";
inline constexpr Name kRevision = "revision";
inline constexpr Name kWatched = "watched";
inline constexpr Name kBeside = "beside";
inline constexpr Name kCatalogue = "catalogue";

// lists
inline constexpr Name kSource = "source";
inline constexpr Name kLastGood = "last_good";
inline constexpr Name kAge = "age";
inline constexpr Name kMaxAge = "max_age";
inline constexpr Name kError = "error";

// groups
inline constexpr Name kLanguage = "language";
inline constexpr Name kClientsExpected = "clients_expected";
inline constexpr Name kClientsSeen = "clients_seen";

// directives
inline constexpr Name kState = "state";
inline constexpr Name kStep = "step";
inline constexpr Name kStepNow = "step_now";
inline constexpr Name kNowBecause = "now_because";
inline constexpr Name kTitle = "title";
inline constexpr Name kIssuer = "issuer";
inline constexpr Name kBasis = "basis";
inline constexpr Name kMandatedBy = "mandated_by";
inline constexpr Name kTargets = "targets";
inline constexpr Name kRoles = "roles";
inline constexpr Name kLayer = "layer";
inline constexpr Name kPlanned = "planned";
inline constexpr Name kAt = "at";
inline constexpr Name kBefore = "before";
inline constexpr Name kStarts = "starts";
inline constexpr Name kEnds = "ends";
inline constexpr Name kReview = "review";
inline constexpr Name kHours = "hours";
inline constexpr Name kIdentity = "identity";
inline constexpr Name kTimezone = "timezone";
inline constexpr Name kContact = "contact";
inline constexpr Name kReason = "reason";
inline constexpr Name kExceptionsMax = "exceptions_max";
inline constexpr Name kToml = "toml";
inline constexpr Name kOrigin = "origin";
inline constexpr Name kNextStep = "next_step";
inline constexpr Name kMade = "made";
inline constexpr Name kEnded = "ended";
inline constexpr Name kBy = "by";
inline constexpr Name kRequester = "requester";
inline constexpr Name kRef = "ref";

// exceptions
inline constexpr Name kPurpose = "purpose";
inline constexpr Name kStage = "stage";
inline constexpr Name kEmergency = "emergency";
inline constexpr Name kUnratified = "unratified";
inline constexpr Name kAskedBy = "asked_by";
inline constexpr Name kAskedAt = "asked_at";
inline constexpr Name kLasts = "lasts";
inline constexpr Name kAgreedBy = "agreed_by";
inline constexpr Name kGrantedAt = "granted_at";
inline constexpr Name kExtension = "extension";
inline constexpr Name kDecided = "decided";
inline constexpr Name kWithdrawn = "withdrawn";
inline constexpr Name kClosedBy = "closed_by";
inline constexpr Name kClosedAt = "closed_at";
inline constexpr Name kFirst = "first";
inline constexpr Name kLast = "last";

// verdicts
inline constexpr Name kExample = "example";
inline constexpr Name kExceptions = "exceptions";

// status
inline constexpr Name kVersion = "version";
inline constexpr Name kNode = "node";
inline constexpr Name kUptime = "uptime_s";
inline constexpr Name kWorkers = "workers";
inline constexpr Name kListen = "listen";
inline constexpr Name kPolicyDigest = "policy_digest";
inline constexpr Name kRulesDigest = "rules_digest";
inline constexpr Name kAuditHead = "audit_head";
inline constexpr Name kSet = "set";
inline constexpr Name kServedZones = "served_zones";
inline constexpr Name kZone = "zone";
inline constexpr Name kSerial = "serial";
inline constexpr Name kRecords = "records";
inline constexpr Name kUpstreams = "upstreams";
inline constexpr Name kServer = "server";
inline constexpr Name kHealthy = "healthy";
inline constexpr Name kRtt = "rtt_ms";
inline constexpr Name kBlocked = "blocked";
inline constexpr Name kRestricted = "restricted";
inline constexpr Name kAdvised = "advised";
inline constexpr Name kObserved = "observed";
inline constexpr Name kRefused = "refused";
inline constexpr Name kCached = "cached";
inline constexpr Name kForwarded = "forwarded";
inline constexpr Name kProblems = "problems";
inline constexpr Name kNodes = "nodes";
inline constexpr Name kSame = "same";
inline constexpr Name kSeverity = "severity";
inline constexpr Name kWhat = "what";
inline constexpr Name kSince = "since";
inline constexpr Name kDo = "do";
inline constexpr Name kCode = "code";
inline constexpr Name kSentences = "sentences";
inline constexpr Name kValues = "values";

// a set: of status and of inspect
inline constexpr Name kPath = "path";
inline constexpr Name kBytes = "bytes";
inline constexpr Name kBuiltAt = "built_at";
inline constexpr Name kDelta = "delta";
inline constexpr Name kServices = "services";
inline constexpr Name kLists = "lists";
inline constexpr Name kDigest = "digest";
inline constexpr Name kSources = "sources";
inline constexpr Name kKind = "kind";

// rules
inline constexpr Name kTakes = "takes";
inline constexpr Name kWhom = "whom";
inline constexpr Name kAsked = "asked";
inline constexpr Name kTarget = "target";
inline constexpr Name kStillHolds = "still_holds";
inline constexpr Name kAudit = "audit";

// records of the audit trail
inline constexpr Name kNumber = "number";
inline constexpr Name kActor = "actor";
inline constexpr Name kAction = "action";
inline constexpr Name kObject = "object";
inline constexpr Name kAfter = "after";
inline constexpr Name kPolicy = "policy";
inline constexpr Name kChain = "chain";

// export, import and restore
inline constexpr Name kRules = "rules";
inline constexpr Name kHistory = "history";
inline constexpr Name kLifted = "lifted";
inline constexpr Name kTaken = "taken";
inline constexpr Name kLeftOut = "left_out";
inline constexpr Name kUnconfirmed = "unconfirmed";

// other requests and replies
inline constexpr Name kRows = "rows";
inline constexpr Name kNext = "next";
inline constexpr Name kOpen = "open";
inline constexpr Name kFor = "for";
inline constexpr Name kBody = "body";
inline constexpr Name kDryRun = "dry_run";
inline constexpr Name kBelow = "below";
inline constexpr Name kWhy = "why";
inline constexpr Name kWarnings = "warnings";
inline constexpr Name kAtRestart = "at_restart";

// tail and log
inline constexpr Name kFrom = "from";
inline constexpr Name kTo = "to";
inline constexpr Name kExport = "export";
inline constexpr Name kUnknown = "unknown";
inline constexpr Name kDropped = "dropped";

// stats and top
inline constexpr Name kCounters = "counters";
inline constexpr Name kLatency = "latency_us";
inline constexpr Name kMedian = "p50";
inline constexpr Name kNinetieth = "p90";
inline constexpr Name kNinetyNinth = "p99";
inline constexpr Name kCache = "cache";
inline constexpr Name kBytesUsed = "bytes_used";
inline constexpr Name kBytesMax = "bytes_max";
inline constexpr Name kVerdicts = "verdicts";
inline constexpr Name kCount = "count";
inline constexpr Name kBypass = "bypass";
inline constexpr Name kNames = "names";
inline constexpr Name kBypassClients = "bypass_clients";
inline constexpr Name kBypassNote = "bypass_note";
inline constexpr Name kFewerThan = "fewer_than";

// bypass
inline constexpr Name kSignal = "signal";
inline constexpr Name kSignals = "signals";
inline constexpr Name kUsual = "usual";
inline constexpr Name kMayMean = "may_mean";
inline constexpr Name kOrElse = "or_else";
inline constexpr Name kGaps = "gaps";

// privacy and history
inline constexpr Name kAgreement = "agreement";
inline constexpr Name kRotate = "rotate";
inline constexpr Name kSmallest = "smallest";
inline constexpr Name kLess = "less";
inline constexpr Name kStores = "stores";
inline constexpr Name kKeep = "keep";
inline constexpr Name kKeepMinutes = "keep_minutes";
inline constexpr Name kKeepHours = "keep_hours";
inline constexpr Name kAll = "all";
inline constexpr Name kAdmins = "admins";
inline constexpr Name kApprovers = "approvers";
inline constexpr Name kReaders = "readers";
inline constexpr Name kInspectors = "inspectors";
inline constexpr Name kInMemory = "in_memory";
inline constexpr Name kLines = "lines";
inline constexpr Name kFiles = "files";
inline constexpr Name kStays = "stays";
inline constexpr Name kPseudonym = "pseudonym";
inline constexpr Name kPseudonyms = "pseudonyms";
inline constexpr Name kApprovedBy = "approved_by";
inline constexpr Name kSpan = "span";
inline constexpr Name kTransport = "transport";
inline constexpr Name kPart = "part";
inline constexpr Name kEnough = "enough";
inline constexpr Name kDays = "days";
inline constexpr Name kSeedId = "seed_id";
inline constexpr Name kEpisodes = "episodes";

}  // namespace cenote::report::field
