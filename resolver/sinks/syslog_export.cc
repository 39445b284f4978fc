// SPDX-License-Identifier: Apache-2.0
#include "resolver/sinks/syslog_export.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "resolver/sinks/connection.h"

namespace cenote::sinks {
namespace {

constexpr int kLocal0Info = 16 * 8 + 6;  // facility and severity, RFC 5424 §6.2.1
constexpr std::size_t kHostNameMax = 255;

class SyslogReceiver final : public Receiver {
public:
    explicit SyslogReceiver(Destination to) : to_(std::move(to)) {}

    Status open(Waiter& waiter) override {
        auto opened = Connection::open(to_, waiter);
        if (!opened) return std::move(opened).error();
        connection_ = std::move(*opened);
        return Done{};
    }
    Status send(const std::string& frame, const std::function<void()>& on_late) override {
        return connection_->write(bytes_of(frame), on_late);
    }
    Status look() override { return connection_->look(); }
    void close() noexcept override { connection_.reset(); }
    int fd() const noexcept override { return connection_->fd(); }
    bool refuses_afterwards() const noexcept override { return to_.channel == Channel::Udp; }

private:
    const Destination to_;
    std::unique_ptr<Connection> connection_;
};

/// HOSTNAME is printable ASCII without spaces (RFC 5424 §6.2.4).
std::string host_name(std::string_view node) {
    std::string name(node.substr(0, kHostNameMax));
    std::ranges::replace_if(
        name, [](char c) { return c <= ' ' || c > '~'; }, '?');
    return name.empty() ? "-" : name;
}

}  // namespace

std::string syslog_message(WallMicros at, std::string_view node, std::string_view line) {
    const bool ascii = std::ranges::all_of(line, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    return fmt::format("<{}>1 {} {} cenoted {} hit - {}{}", kLocal0Info, format_micros(at), host_name(node), ::getpid(),
                       ascii ? "" : "\xef\xbb\xbf", line);
}

SyslogExport::SyslogExport(ExportOptions options, LogOrigin origin, const Delivery::Options& delivery)
    : options_(std::move(options)),
      origin_(std::move(origin)),
      delivery_(std::make_unique<SyslogReceiver>(options_.to), delivery) {}

void SyslogExport::set_origin(const LogOrigin& origin) {
    const MutexLock lock(mutex_);
    origin_ = origin;
}

void SyslogExport::take(const HitRecord& record) {
    std::string message;
    {
        const MutexLock lock(mutex_);
        const std::string line = log_line(options_.format, record, origin_, ++sequence_);
        message = syslog_message(record.at, origin_.node, line);
    }
    const bool counted = options_.to.channel != Channel::Udp;
    delivery_.push(counted ? fmt::format("{} {}", message.size(), message) : std::move(message));
    pushed_ = true;
}

void SyslogExport::end_round(WallTime) {
    if (std::exchange(pushed_, false)) delivery_.wake();
}

}  // namespace cenote::sinks
