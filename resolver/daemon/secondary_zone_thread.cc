// SPDX-License-Identifier: Apache-2.0
#include "resolver/daemon/secondary_zone_thread.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "blocklists/list_store.h"
#include "resolver/base/log.h"
#include "resolver/domainset/publish.h"
#include "resolver/transfer/xfr_client.h"
#include "resolver/transfer/zone_file.h"

namespace cenote::daemon {
namespace {

using Kind = transfer::SecondaryZone::Event::Kind;
using transfer::ZoneData;

constexpr unsigned kFileMode = 0644;
constexpr std::size_t kZoneBytesMax = std::size_t{4} << 30;

/// Creates the folder too; the first failure of a list can come before its first file.
Status write_file(const Path& path, const std::string& text) {
    std::error_code ignored;  // publish_file() fails, with the reason, where the folder is still missing
    std::filesystem::create_directory(path.parent_path(), ignored);
    return publish_file(path, bytes_of(text), kFileMode);
}

}  // namespace

SecondaryZoneThread::SecondaryZoneThread(const config::Settings& settings, transfer::SecondaryZoneOptions zone,
                                         ZonePublisher& publisher)
    : settings_(settings), zone_(std::move(zone)), publisher_(publisher) {
    for (const transfer::TsigKey& key : settings.transfer.keys)
        if (zone_.key && key.name == *zone_.key) key_ = &key;
    thread_ = std::thread([this] { run(); });
}

SecondaryZoneThread::~SecondaryZoneThread() {
    {
        const MutexLock lock(mutex_);
        stop_ = true;
    }
    wake_.notify_all();
    thread_.join();
}

void SecondaryZoneThread::notify() {
    const MutexLock lock(mutex_);
    notified_ = true;
    wake_.notify_all();
}

void SecondaryZoneThread::run() {
    transfer::SecondaryZone zone(load());
    for (Event event{.kind = Kind::Started}; !stop_;) {
        const Action action = zone.next(event, ticks_now());
        note_before(action);
        event = perform(action);
    }
}

/// What an earlier run wrote: increments begin there.
std::optional<transfer::SecondaryZone::Stored> SecondaryZoneThread::load() {
    const auto text = read_file(blocklists::ListStore(settings_.set).zone_path(zone_.list), kZoneBytesMax);
    if (!text) return std::nullopt;
    data_ = transfer::from_master_file(zone_.zone, *text);
    if (!data_) return std::nullopt;
    digest_ = sha256(bytes_of(*text));
    received_ = data_->soa;
    std::error_code none;
    return transfer::SecondaryZone::Stored{
        .soa = data_->soa,
        .expired = std::filesystem::exists(blocklists::ListStore(settings_.set).zone_expired_path(zone_.list), none),
        .published = is_published()};
}

/// An earlier run may have been killed between writing the zone and publishing it.
bool SecondaryZoneThread::is_published() const {
    std::error_code none;
    const auto written =
        std::filesystem::last_write_time(blocklists::ListStore(settings_.set).zone_path(zone_.list), none);
    const auto taken =
        std::filesystem::last_write_time(blocklists::ListStore(settings_.set).copy_path(zone_.list), none);
    return !none && taken >= written;
}

SecondaryZoneThread::Event SecondaryZoneThread::perform(const Action& action) {
    switch (action.kind) {
        case Action::Kind::AskSoa: return ask_soa();
        case Action::Kind::TransferIncrements: return transfer_zone(&*data_);
        case Action::Kind::TransferWhole: return transfer_zone(nullptr);
        case Action::Kind::PublishDelta: return publish_delta();
        case Action::Kind::Publish: return publish();
        case Action::Kind::Confirm: return confirm();
        case Action::Kind::Wait: break;
    }
    return wait(action.until);
}

SecondaryZoneThread::Event SecondaryZoneThread::ask_soa() {
    const auto soa = transfer::XfrClient(zone_, key_, {}, stop_).ask_soa();
    if (!soa) {
        failure_ = soa.error().text;
        return {.kind = Kind::SoaFailed};
    }
    received_ = *soa;
    return {.kind = Kind::SoaReceived, .soa = *soa};
}

SecondaryZoneThread::Event SecondaryZoneThread::transfer_zone(const ZoneData* known) {
    auto data = transfer::XfrClient(zone_, key_, {}, stop_).transfer(known);
    if (!data) {
        failure_ = data.error().text;
        if (known != nullptr && !stop_) log::warning("zone {}: {}; asking for the whole", name(), failure_);
        return {.kind = Kind::TransferFailed};
    }
    if (!*data) return {.kind = Kind::UpToDate};
    return store(std::move(**data));
}

SecondaryZoneThread::Event SecondaryZoneThread::store(ZoneData data) {
    const std::string text = transfer::to_master_file(zone_.zone, data);
    if (auto written = write_file(blocklists::ListStore(settings_.set).zone_path(zone_.list), text); !written) {
        failure_ = written.error().text;
        return {.kind = Kind::StoreFailed};
    }
    log::notice("zone {}: serial {}, {} records", name(), data.soa.serial, data.records.size());
    previous_ = std::exchange(data_, std::move(data));
    previous_digest_ = std::exchange(digest_, sha256(bytes_of(text)));
    return {.kind = Kind::ZoneReceived, .soa = data_->soa};
}

SecondaryZoneThread::Event SecondaryZoneThread::publish_delta() {
    const bool done = publisher_.publish_delta(zone_, {*previous_, previous_digest_}, {*data_, digest_});
    previous_.reset();
    return {.kind = done ? Kind::DeltaPublished : Kind::DeltaDeclined};
}

SecondaryZoneThread::Event SecondaryZoneThread::publish() {
    previous_.reset();
    switch (publisher_.publish(zone_)) {
        case ZonePublisher::Outcome::Published: return {.kind = Kind::Published};
        case ZonePublisher::Outcome::Refused: return {.kind = Kind::Refused};
        case ZonePublisher::Outcome::NotPublished: break;
    }
    return {.kind = Kind::NotPublished};
}

/// The list's copy counts as taken now, unless acceptance refused the zone of the primary. This is left out while
/// another update is at work: a file that changes while it is read is no good copy.
SecondaryZoneThread::Event SecondaryZoneThread::confirm() {
    const auto lock = domainset::lock_for_publishing(settings_.set);
    if (lock && blocklists::ListStore(settings_.set).status(zone_.list).error.empty())
        if (auto confirmed = blocklists::ListStore(settings_.set).confirm_copy(zone_.list); !confirmed)
            log::warning("zone {}: {}", name(), confirmed.error().text);
    return {.kind = Kind::Confirmed};
}

SecondaryZoneThread::Event SecondaryZoneThread::wait(Ticks until) {
    const MutexLock lock(mutex_);
    while (!stop_ && !notified_)
        if (wake_.wait_until(mutex_, until) == std::cv_status::timeout) break;
    return {.kind = std::exchange(notified_, false) ? Kind::Notified : Kind::TimerExpired};
}

void SecondaryZoneThread::note_before(const Action& action) {
    if (action.clear_failure) {
        std::error_code ignored;  // there may be none
        std::filesystem::remove(blocklists::ListStore(settings_.set).error_path(zone_.list), ignored);
    }
    if (action.failure == Action::Failure::Failed) note_failure(failure_);
    if (action.failure == Action::Failure::SerialWentBack)
        note_failure(fmt::format("the serial at {} went back from {} to {}; what is here stays",
                                 zone_.primary.to_string(), data_->soa.serial, received_.serial));
    if (action.expiry == Action::Expiry::Begins) set_expired(true);
    if (action.expiry == Action::Expiry::Ends) set_expired(false);
}

void SecondaryZoneThread::note_failure(const std::string& text) {
    log::warning("zone {}: {}", name(), text);
    // Where this cannot be written, the log still has the reason.
    static_cast<void>(write_file(blocklists::ListStore(settings_.set).error_path(zone_.list), text + "\n"));
}

void SecondaryZoneThread::set_expired(bool expired) {
    const Path mark = blocklists::ListStore(settings_.set).zone_expired_path(zone_.list);
    if (!expired) {
        log::notice("zone {}: the primary is there again, with the serial {}", name(), data_->soa.serial);
        std::error_code ignored;
        std::filesystem::remove(mark, ignored);
        return;
    }
    log::error(
        "zone {}: {} has not answered for longer than the zone's expire time; the zone has expired and sinkholes "
        "nothing",
        name(), zone_.primary.to_string());
    // Where this cannot be written, publishing fails too and is tried again.
    static_cast<void>(write_file(mark, {}));
}

}  // namespace cenote::daemon
