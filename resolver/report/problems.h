// SPDX-License-Identifier: Apache-2.0
//
// What needs attention: the `problems` of `cenote status`.
//
// Threads: pure.   Time: an argument.   Memory: the answer.   Failure: none.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "resolver/base/address.h"
#include "resolver/base/diagnostics.h"
#include "resolver/base/sentence.h"
#include "resolver/policy/options.h"
#include "resolver/report/lists.h"
#include "resolver/report/upstreams.h"
#include "resolver/report/xdp_queues.h"
#include "resolver/rules/exception_document.h"

namespace cenote::report {

enum class Severity : std::uint8_t { Error, Warning, Notice };
[[nodiscard]] std::string_view severity_to_text(Severity severity) noexcept;

/// What the log has of a problem from the place where it was found: nothing, its begin, or its begin and end.
enum class Logged : std::uint8_t { No, Begin, Both };

struct Problem {
    Severity severity = Severity::Error;
    std::string what;
    std::optional<WallTime> since;  // nullopt: the problem has no time of its own
    std::string remedy;             // the field `do`
    std::string id{};               // the same as long as it lasts, though `what` changes; empty: `what`
    Logged logged = Logged::No;
    bool unsure = false;  // an earlier run handed its begin over, and did not learn whether it arrived
    Sentence sentence{};  // of which `what` and `remedy` are the English texts

    [[nodiscard]] const std::string& key() const noexcept { return id.empty() ? what : id; }
};

struct Failure {
    WallTime at{};
    std::string why;  // a line for each mistake
};

/// The certificate of the TLS listeners.
struct CertificateState {
    Path file;
    std::string problem;               // why the file is not in use; empty: it is
    std::optional<WallTime> begins{};  // of the certificate in use; nullopt: there is none
    std::optional<WallTime> ends;
    std::vector<std::string> names;
    std::string lacks;  // a name of the configuration for which it is not valid; empty: none
    Path client_ca{};   // what issues certificates of clients; empty: none are asked for
    WallTime client_ca_ends{};
    Path client_crl{};  // the list of revoked ones; empty: none, or one without an end
    WallTime client_crl_ends{};
};

/// A receiver of hits that gets none.
struct LostReceiver {
    std::string address;
    std::string why;  // follows the address in a sentence
};

/// A group with the number of its clients that were expected and seen.
struct GroupClients {
    std::string group;
    std::uint64_t expected = 0;
    std::uint64_t seen = 0;  // since the start, an estimate
    std::uint64_t few = 0;   // of them, in groups whose number is not shown ([privacy].smallest)
    std::uint32_t smallest = 0;
};

/// What may be a problem, as plain values. Spans must outlive the call only.
struct Condition {
    std::optional<Failure> refused_start;  // the last configuration that was in force is in use
    std::optional<Failure> refused_reload;
    std::optional<Failure> refused_set;
    std::optional<Failure> failed_update;
    std::string set_problem;  // empty, like the three below: none
    std::string state_problem;
    std::string clock_problem;
    std::string notify_problem;
    std::optional<WallTime> suspended_until;
    std::string suspended_by;  // "root (dns1-12: outage)"; empty: it is not known
    std::vector<ListState> lists;
    std::vector<rules::ExceptionDocument> open_exceptions;
    std::vector<std::string> waiting_for_restart;  // keys
    std::string changed_days;                      // of the history, which are not as they were sealed; empty: none
    std::vector<std::string> sinks;                // what keeps hits and does not work
    std::vector<LostReceiver> receivers;
    std::vector<SocketAddress> absent_addresses;  // of [server].listen
    std::string refused_headers;                  // of proxies, in a sentence; empty: none
    std::string reached_limits;                   // by clients, in a sentence; empty: none
    bool lacks_quic_process = false;              // QUIC is configured, and cenote-quic does not run
    std::vector<XdpFallback> xdp_fallbacks;       // interfaces of [server].xdp that UDP sockets serve
    std::string raw_fallback;                     // why [upstream].raw is not served as asked for; empty: it is
    std::optional<CertificateState> certificate;  // nullopt: no TLS is configured
    UpstreamViews upstreams;
    std::span<const Diagnostic> diagnostics;  // of the configuration in force
    std::span<const policy::Directive> directives;
    std::map<std::string, WallTime> made;  // when, of those of the command line that end soon and have no start
    std::vector<GroupClients> groups;      // those with an expected number
    seconds uptime{};
};

/// How long ahead the end and the review of a directive are announced.
constexpr seconds kDueSoon{7 * 86400};

/// At most 50 problems once exceptions are counted in; of other kinds all.
[[nodiscard]] std::string_view severity_to_text(Severity severity) noexcept;

[[nodiscard]] std::vector<Problem> find_problems(const Condition& condition, WallTime now);

/// Whether a problem of an earlier run that is not found now may still be there: this run has not looked at its subject
/// yet. An upstream server is looked at when it is asked, however long that takes.
[[nodiscard]] bool is_undecided(const Problem& problem, const Condition& condition);

/// The words, in each language: "problem_what.CODE" and "problem_do.CODE".
[[nodiscard]] std::span<const Phrase> problem_phrases() noexcept;

[[nodiscard]] Json problem_json(const Problem& problem);
[[nodiscard]] Json problems_json(std::span<const Problem> problems);

}  // namespace cenote::report
