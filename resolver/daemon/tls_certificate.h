// SPDX-License-Identifier: Apache-2.0
//
// The certificate of the TLS listeners, and what certificates of clients are checked by: read at the start and at each
// reload, and read again when its files change, as a program that renews certificates leaves them. A pair that cannot
// be used leaves the one before in use.
//
// Threads:  the control thread; the workers read what is published.
// Time:     reads both clocks.
// Memory:   the texts of the files, and the context of OpenSSL.
// Failure:  problem() says why the files are not in use. Without a pair that was ever good, TLS is not served.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "resolver/base/published.h"
#include "resolver/config/config.h"
#include "resolver/loop/loop.h"
#include "resolver/loop/tls_server.h"
#include "resolver/report/problems.h"

namespace cenote::daemon {

class TlsCertificate {
public:
    /// All files as they were read at one time.
    struct Files {
        config::TlsSettings settings;
        std::string chain;
        std::string key;
        loop::ClientTrust trust;
        std::string marks;  // inode, size and time of change of each: other marks, other files
    };
    struct Pair {
        Files files;
        loop::TicketKeys tickets;  // new ones where `trust` is another one: no session of before is resumed
        std::shared_ptr<const loop::TlsServer> server;
    };

    /// Reads the files, unless they are empty. `try_again`: after which files that were refused are read once more:
    /// their certificate may begin, or the one in use end.
    TlsCertificate(loop::Loop& loop, const config::TlsSettings& settings, seconds try_again = seconds{60});
    TlsCertificate(const TlsCertificate&) = delete;
    TlsCertificate& operator=(const TlsCertificate&) = delete;

    /// For take(), after the rest of a reload has succeeded. No certificate for settings without one.
    [[nodiscard]] Result<Pair> read(const config::TlsSettings& settings) const;
    void take(Pair pair);

    /// What is in use, as it was read; nullptr: nothing is.
    [[nodiscard]] const Files* files() const noexcept { return files_ ? &*files_ : nullptr; }
    [[nodiscard]] Published<loop::TlsServer>& published() noexcept { return published_; }
    [[nodiscard]] std::optional<report::CertificateState> state() const;
    /// Whether clients that check the time accept the certificate in use; false: there is none.
    [[nodiscard]] bool usable(WallTime now) const;

private:
    void look();
    void publish(const loop::TicketKeys& tickets);
    [[nodiscard]] Result<Pair> read(const config::TlsSettings& settings, WallTime now) const;

    config::TlsSettings settings_;
    seconds try_again_;
    loop::TicketKeys tickets_ = loop::TicketKeys::create();
    Ticks rolled_;
    std::optional<Files> files_;  // of what is published
    Published<loop::TlsServer> published_{nullptr};
    std::string tried_;    // marks of the files that were refused
    std::string problem_;  // why
    Ticks tried_at_{};
    Ticks refused_{};  // when the first of them were found
    loop::Timer timer_;
};

}  // namespace cenote::daemon
