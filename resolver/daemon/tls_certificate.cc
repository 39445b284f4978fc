// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/tls_certificate.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "resolver/base/log.h"
#include "resolver/base/time_text.h"

namespace cenote::daemon {
namespace {

constexpr milliseconds kReadEvery{1000};
constexpr std::size_t kPemMax = 1U << 20;
constexpr seconds kRollEvery{2 * 3600};
// The certificate and its key are two files: for a moment they do not belong together.
constexpr seconds kPatience{5};

/// Equal for files that have not changed.
std::string mark_of(const Path& path) {
    struct stat info {};
    if (::stat(path.c_str(), &info) != 0) return std::strerror(errno);
    return fmt::format("{} {} {} {}.{} {}.{}", info.st_dev, info.st_ino, info.st_size, info.st_mtim.tv_sec,
                       info.st_mtim.tv_nsec, info.st_ctim.tv_sec, info.st_ctim.tv_nsec);
}

std::string marks_of(const config::TlsSettings& settings) {
    std::string marks = mark_of(settings.certificate) + "; " + mark_of(settings.key);
    for (const Path& path : {settings.clients.authorities, settings.clients.revoked})
        if (!path.empty()) marks += "; " + mark_of(path);
    return marks;
}

/// What certificates of clients are checked by.
Result<loop::ClientTrust> read_trust(const config::TlsClientSettings& clients) {
    loop::ClientTrust trust;
    if (clients.authorities.empty() || clients.asked == loop::ClientCertificates::None) return trust;
    trust.asked = clients.asked;
    auto authorities = read_file(clients.authorities, kPemMax);
    if (!authorities) return Error{fmt::format("client_ca: {}", authorities.error().text)};
    trust.authorities = *std::move(authorities);
    if (trust.authorities.empty())  // an empty text would ask for none
        return Error{fmt::format("client_ca: {} is empty", clients.authorities.string())};
    if (clients.revoked.empty()) return trust;
    auto revoked = read_file(clients.revoked, kPemMax);
    if (!revoked) return Error{fmt::format("client_crl: {}", revoked.error().text)};
    trust.revoked = *std::move(revoked);
    if (trust.revoked.empty()) return Error{fmt::format("client_crl: {} is empty", clients.revoked.string())};
    return trust;
}

bool is_valid_at(const loop::CertificateFacts& facts, WallTime now) { return facts.begins <= now && now < facts.ends; }

std::string why_not_valid(const loop::CertificateFacts& facts, WallTime now) {
    return now < facts.begins ? fmt::format("it begins {}", format_time(facts.begins))
                              : fmt::format("it ended {}", format_time(facts.ends));
}

}  // namespace

TlsCertificate::TlsCertificate(loop::Loop& loop, const config::TlsSettings& settings, seconds try_again)
    : settings_(settings), try_again_(try_again), rolled_(ticks_now()), timer_(loop, [this] { look(); }) {
    look();
    refused_ = Ticks{};  // what a start finds is not on its way
    timer_.start(kReadEvery, kReadEvery);
}

Result<TlsCertificate::Pair> TlsCertificate::read(const config::TlsSettings& settings) const {
    return read(settings, wall_now());
}

Result<TlsCertificate::Pair> TlsCertificate::read(const config::TlsSettings& settings, WallTime now) const {
    Pair pair;
    pair.files.settings = settings;
    if (settings.certificate.empty()) return pair;
    pair.files.marks = marks_of(settings);
    auto chain = read_file(settings.certificate, kPemMax);
    if (!chain) return std::move(chain).error();
    auto key = read_file(settings.key, kPemMax);
    if (!key) return std::move(key).error();
    auto trust = read_trust(settings.clients);
    if (!trust) return std::move(trust).error();
    const bool same_trust = files_ && files_->trust == *trust;
    pair.tickets = same_trust ? tickets_ : loop::TicketKeys::create();
    auto server = loop::TlsServer::create(*chain, *key, pair.tickets, *trust);
    if (!server)
        return Error{fmt::format("{} with the key {}: {}", settings.certificate.string(), settings.key.string(),
                                 server.error().text)};
    const auto in_use = published_.current();
    if (in_use != nullptr && is_valid_at(in_use->facts(), now) && !is_valid_at((*server)->facts(), now))
        return Error{fmt::format("{}: {}", settings.certificate.string(), why_not_valid((*server)->facts(), now))};
    pair.files.chain = *std::move(chain);
    pair.files.key = *std::move(key);
    pair.files.trust = *std::move(trust);
    pair.server = *std::move(server);
    return pair;
}

void TlsCertificate::take(Pair pair) {
    settings_ = pair.files.settings;
    problem_.clear();
    tried_.clear();
    if (pair.server == nullptr) {
        files_.reset();
        return published_.publish(nullptr);
    }
    const bool same_trust = files_ && files_->trust == pair.files.trust;
    const bool other = !same_trust || files_->chain != pair.files.chain || files_->key != pair.files.key;
    files_ = std::move(pair.files);
    if (!other) return;
    tickets_ = std::move(pair.tickets);
    if (!same_trust && files_->trust.asks())
        log::notice(
            "TLS: certificates of clients are checked by {}{}", files_->settings.clients.authorities.string(),
            files_->trust.revoked.empty() ? std::string() : " and " + files_->settings.clients.revoked.string());
    log::notice("TLS: the certificate of {} ({}) is in use until {}", files_->settings.certificate.string(),
                pair.server->facts().subject, format_time(pair.server->facts().ends));
    published_.publish(std::move(pair.server));
}

/// Ticket keys are rolled by a context of its own, with the same certificate.
void TlsCertificate::publish(const loop::TicketKeys& tickets) {
    if (!files_) return;
    if (auto server = loop::TlsServer::create(files_->chain, files_->key, tickets, files_->trust))
        published_.publish(*std::move(server));
}

void TlsCertificate::look() {
    const Ticks now = ticks_now();
    if (now - rolled_ >= kRollEvery) {
        rolled_ = now;
        tickets_ = tickets_.rolled();
        publish(tickets_);
    }
    if (settings_.certificate.empty()) return;
    const std::string marks = marks_of(settings_);
    if ((files_ && files_->marks == marks) || (tried_ == marks && now - tried_at_ < try_again_)) return;
    auto pair = read(settings_, wall_now());
    if (pair) return take(*std::move(pair));
    if (problem_.empty()) refused_ = now;
    const bool known = std::exchange(tried_, marks) == marks;
    tried_at_ = now;
    problem_ = std::move(pair).error().text;
    if (!known) log::warning("TLS: {}", problem_);
}

std::optional<report::CertificateState> TlsCertificate::state() const {
    if (settings_.certificate.empty()) return std::nullopt;
    report::CertificateState state{.file = settings_.certificate, .problem = {}, .ends = {}, .names = {}, .lacks = {}};
    if (refused_ == Ticks{} || ticks_now() - refused_ >= kPatience) state.problem = problem_;
    const auto in_use = published_.current();
    if (in_use == nullptr) return state;
    state.begins = in_use->facts().begins;
    state.ends = in_use->facts().ends;
    state.names = in_use->facts().names;
    if (files_ && files_->trust.asks()) {
        state.client_ca = files_->settings.clients.authorities;
        state.client_ca_ends = in_use->trust_facts().authorities_end;
        if (const WallTime ends = in_use->trust_facts().revoked_ends; ends != WallTime()) {
            state.client_crl = files_->settings.clients.revoked;
            state.client_crl_ends = ends;
        }
    }
    if (!settings_.name.empty() && !in_use->covers(settings_.name)) state.lacks = settings_.name;
    return state;
}

bool TlsCertificate::usable(WallTime now) const {
    const auto in_use = published_.current();
    return in_use != nullptr && is_valid_at(in_use->facts(), now);
}

}  // namespace cenote::daemon
