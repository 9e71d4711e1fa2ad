import cProfile, pstats, sys
from config.tests.test_attacks import *
def test_prof(world):
    rows=JSON_WRITES[:20]
    sent(rows[0],world,b"{}")
    p=cProfile.Profile(); n=0
    import time; a=time.perf_counter(); c=time.process_time()
    for row in rows:
        for name, raw in list(bodies.RAW.items())[:12]:
            sent(row,world,raw); n+=1
    print(n,(time.perf_counter()-a)/n*1000,'ms wall',(time.process_time()-c)/n*1000,'cpu')
    p.enable()
    for row in rows:
        for name, raw in list(bodies.RAW.items())[:12]:
            sent(row,world,raw)
    p.disable()
    pstats.Stats(p,stream=sys.stdout).sort_stats('cumtime').print_stats(45)
def test_opt(world):
    import logging; 
    r=world.clients['customer'].options('/api/v1/me/addresses'); print(r.content)
    from accounts.views.me import Addresses
    from rest_framework.metadata import SimpleMetadata
    import traceback
    from unittest import mock
    orig=SimpleMetadata.determine_metadata
    def wrap(self,*a):
        try: return orig(self,*a)
        except Exception: traceback.print_exc(file=sys.stdout); raise
    with mock.patch.object(SimpleMetadata,'determine_metadata',wrap):
        for row in READS:
          for caller in row.allowed[-2:]:
            if world.clients[caller].options(path_of(row,world)).status_code>=500: print(row,caller)
