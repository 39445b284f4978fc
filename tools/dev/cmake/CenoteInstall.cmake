# SPDX-License-Identifier: Apache-2.0
# Destinations of `cmake --install`, as Debian expects them. Included last, because it needs the targets.

include(GNUInstallDirs)
set(etc ${CMAKE_INSTALL_FULL_SYSCONFDIR}/cenote)
set(doc ${CMAKE_INSTALL_DATADIR}/doc/cenote)

install(TARGETS cenoted cenote-quic cenote-web RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
install(TARGETS cenote RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

install(DIRECTORY blocklists/services DESTINATION ${CMAKE_INSTALL_DATADIR}/cenote FILES_MATCHING PATTERN "*.toml")
install(FILES blocklists/shared_infrastructure.txt DESTINATION ${CMAKE_INSTALL_DATADIR}/cenote)

install(FILES systemd/cenote.toml DESTINATION ${etc})
install(DIRECTORY DESTINATION ${etc}/services.d)
install(DIRECTORY DESTINATION ${etc}/directives.d)

# systemd reads lib/, also where the library folder of this machine has another name.
install(FILES systemd/cenoted.service systemd/cenote-transfer.service systemd/cenote-quic.service
  systemd/cenote-update.service
  systemd/cenote-update.timer systemd/cenote-web.service systemd/cenote-report.service systemd/cenote-report.timer
  DESTINATION lib/systemd/system)
install(FILES systemd/sysusers.conf DESTINATION lib/sysusers.d RENAME cenote.conf)
install(FILES systemd/tmpfiles.conf DESTINATION lib/tmpfiles.d RENAME cenote.conf)

file(GLOB guides CONFIGURE_DEPENDS docs/*.md)
install(FILES README.md ${guides} DESTINATION ${doc})
install(DIRECTORY docs/siem docs/grafana docs/prometheus DESTINATION ${doc})
install(FILES blocklists/services/README.md DESTINATION ${doc} RENAME CATALOGUE.md)
install(FILES systemd/debian/copyright DESTINATION ${doc})
install(FILES systemd/xdp.conf DESTINATION ${doc}/examples)
install(PROGRAMS systemd/notify-example DESTINATION ${doc}/examples)

# cenote_generated(FOLDER NAME COMMAND ...): a file made at build time from the output of a command.
function(cenote_generated folder name)
  cmake_parse_arguments(ARG "" "" "COMMAND;DEPENDS" ${ARGN})
  set(out ${CMAKE_BINARY_DIR}/share/${folder}/${name})
  file(MAKE_DIRECTORY ${CMAKE_BINARY_DIR}/share/${folder})
  add_custom_command(OUTPUT ${out} COMMAND ${ARG_COMMAND} > ${out} DEPENDS ${ARG_DEPENDS} VERBATIM)
  set_property(GLOBAL APPEND PROPERTY cenote_generated ${out})
  install(FILES ${out} DESTINATION ${folder})
endfunction()

file(GLOB pages CONFIGURE_DEPENDS docs/man/*.[1-8])
foreach(page ${pages})
  get_filename_component(name ${page} NAME)
  string(REGEX MATCH "[1-8]$" section ${name})
  cenote_generated(${CMAKE_INSTALL_MANDIR}/man${section} ${name}.gz COMMAND gzip -9nc ${page} DEPENDS ${page})
endforeach()
foreach(pair changelog.gz=CHANGELOG.md changelog.Debian.gz=systemd/debian/changelog)
  string(REPLACE "=" ";" pair ${pair})
  list(GET pair 0 name)
  list(GET pair 1 source)
  cenote_generated(${doc} ${name} COMMAND gzip -9nc ${PROJECT_SOURCE_DIR}/${source} DEPENDS ${source})
endforeach()
set(completion bash-completion/completions/cenote zsh/vendor-completions/_cenote fish/vendor_completions.d/cenote.fish)
foreach(shell bash zsh fish)
  list(POP_FRONT completion path)
  get_filename_component(folder ${path} DIRECTORY)
  get_filename_component(name ${path} NAME)
  cenote_generated(${CMAKE_INSTALL_DATADIR}/${folder} ${name} COMMAND cenote completion ${shell} DEPENDS cenote)
endforeach()
get_property(generated GLOBAL PROPERTY cenote_generated)
add_custom_target(cenote_share ALL DEPENDS ${generated})
