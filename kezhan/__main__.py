from kezhan.cli import main

main()
