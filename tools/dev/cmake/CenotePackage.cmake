# SPDX-License-Identifier: Apache-2.0
# `cpack` makes a .deb of what CenoteInstall installs.

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME cenote)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
set(CPACK_PACKAGE_CONTACT "Cenote developers <dns@agency.example>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "DNS sinkhole resolver for AI services")
set(CPACK_PACKAGE_DESCRIPTION
"Cenote answers DNS queries for AI services by policy: observed, advised
against, restricted with exceptions, or blocked, for each group of clients
and for a time. Everything else is cached and forwarded.")
set(CPACK_PACKAGING_INSTALL_PREFIX ${CMAKE_INSTALL_PREFIX})
set(CPACK_STRIP_FILES ON)
set(CPACK_INSTALL_DEFAULT_DIRECTORY_PERMISSIONS
  OWNER_READ OWNER_WRITE OWNER_EXECUTE GROUP_READ GROUP_EXECUTE WORLD_READ WORLD_EXECUTE)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles, init-system-helpers (>= 1.54~), tzdata")
set(CPACK_DEBIAN_PACKAGE_SUGGESTS "minisign, weasyprint")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(control ${PROJECT_SOURCE_DIR}/systemd/debian)
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA ${control}/conffiles ${control}/postinst ${control}/prerm ${control}/postrm)

include(CPack)
