// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/receivers.h"

#include <algorithm>
#include <utility>

namespace cenote::daemon {

void Receivers::apply(const config::Settings& settings, const sinks::LogOrigin& origin) {
    std::vector<Export> before = std::exchange(exports_, {});
    for (const sinks::ExportOptions& options : settings.exports) {
        const auto same = std::ranges::find_if(before, [&](const Export& one) { return one->options() == options; });
        if (same == before.end()) {
            exports_.push_back(std::make_shared<sinks::SyslogExport>(options, origin));
            continue;
        }
        (*same)->set_origin(origin);
        exports_.push_back(std::move(*same));
        before.erase(same);
    }
    std::ranges::move(before, std::back_inserter(old_exports_));

    const bool wanted = settings.dnstap.to.has_value();
    if (dnstap_ != nullptr && wanted && dnstap_->options() == settings.dnstap && dnstap_->node() == origin.node) return;
    if (dnstap_ != nullptr) old_dnstap_.push_back(std::exchange(dnstap_, nullptr));
    if (wanted) dnstap_ = std::make_shared<sinks::DnstapExport>(settings.dnstap, origin);
}

void Receivers::add_to(std::vector<std::shared_ptr<sinks::HitSink>>& all) const {
    all.insert(all.end(), exports_.begin(), exports_.end());
    if (dnstap_ != nullptr) all.push_back(dnstap_);
}

void Receivers::end_old() {
    for (const Export& one : old_exports_) one->stop();
    for (const Dnstap& one : old_dnstap_) one->stop();
    for (const Export& one : old_exports_) {
        one->join();
        syslog_lost_before_ += one->lost();
    }
    for (const Dnstap& one : old_dnstap_) {
        one->join();
        dnstap_lost_before_ += one->lost();
    }
    old_exports_.clear();
    old_dnstap_.clear();
}

void Receivers::end_all() {
    std::ranges::move(exports_, std::back_inserter(old_exports_));
    exports_.clear();
    if (dnstap_ != nullptr) old_dnstap_.push_back(std::exchange(dnstap_, nullptr));
    end_old();
}

std::vector<report::LostReceiver> Receivers::problems() const {
    std::vector<report::LostReceiver> all;
    for (const Export& one : exports_)
        if (auto why = one->problem(); !why.empty()) all.push_back({one->options().to.text, std::move(why)});
    if (dnstap_ != nullptr)
        if (auto why = dnstap_->problem(); !why.empty()) all.push_back({dnstap_->options().to->text, std::move(why)});
    return all;
}

std::uint64_t Receivers::syslog_lost() const noexcept {
    std::uint64_t lost = syslog_lost_before_;
    for (const Export& one : exports_) lost += one->lost();
    return lost;
}

std::uint64_t Receivers::dnstap_lost() const noexcept {
    return dnstap_lost_before_ + (dnstap_ == nullptr ? 0 : dnstap_->lost());
}

}  // namespace cenote::daemon
